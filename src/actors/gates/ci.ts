/** Passes when the checks that a forge has of the published commit are green. What has not reported is no pass. */
import { isOwnStatus } from '../../domain/names.ts';
import type { Check, CheckState, Forge } from '../../integrations/forge.ts';
import type { Looked } from '../../machines/gate.ts';
import type { Gate } from '../../machines/pipeline.ts';
import type { AtForge } from '../../machines/task/context.ts';

export interface ForgeGatePlace {
  at: AtForge;
  branch: string;
  /** The commit that was published. */
  head: string;
}

const longestDetail = 4_000;

export async function judgeCi(
  { name: gate, checks: needed }: Extract<Gate, { kind: 'ci' }>,
  { at, branch, head }: ForgeGatePlace,
  forge: Forge,
): Promise<Looked> {
  const tip = await forge.branch(at.repository, branch);
  if (tip?.sha !== head) {
    const where = tip === undefined ? 'is not there' : `is at ${short(tip.sha)}`;
    return {
      gate,
      verdict: 'inconclusive',
      detail: `${branch} ${where} at ${forge.name}, not at ${short(head)}, which was published`,
    };
  }
  const all = (await forge.checks(at.repository, head)).checks.filter(check => !isOwnStatus(check.name));
  const meant = needed === undefined ? all : all.filter(check => needed.some(pattern => isMeant(pattern, check)));
  const missing = (needed ?? []).filter(pattern => !all.some(check => isMeant(pattern, check)));
  const failed = meant.filter(is('failure'));
  if (failed.length > 0)
    return { gate, verdict: 'fail', detail: failed.map(lineOf).join('\n').slice(0, longestDetail) };
  const running = meant.filter(is('pending')).map(({ name }) => name);
  if (running.length > 0 || missing.length > 0) {
    const green = meant.length - running.length;
    const waits = [...running, ...missing.map(name => `${name}, which ${forge.name} does not know yet`)].join(', ');
    return {
      gate,
      verdict: 'pending',
      detail: `${green} of ${meant.length + missing.length} checks are green; waits for ${waits}`,
    };
  }
  if (meant.length === 0)
    return { gate, verdict: 'pending', detail: `no check has reported on ${short(head)} at ${forge.name} yet` };
  return { gate, verdict: 'pass', detail: `green: ${meant.map(({ name }) => name).join(', ')}` };
}

const is = (word: CheckState) => (check: Check) => check.state === word;
const short = (sha: string) => sha.slice(0, 9);
const lineOf = ({ name, description, url }: Check) =>
  `${name} failed: ${description}${url === null ? '' : ` (${url})`}`;

/** `*` stands for any part of a name. */
function isMeant(pattern: string, { name }: Check): boolean {
  const parts = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}
