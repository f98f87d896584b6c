/** Passes when enough people approve the pull request as it is now. Whoever made it, we ourselves and programs do not count. */
import { type Forge, isOver, type Review } from '../../integrations/forge.ts';
import { isProgramName } from '../../integrations/program.ts';
import type { Looked } from '../../machines/gate.ts';
import type { Gate } from '../../machines/pipeline.ts';
import type { ForgeGatePlace } from './ci.ts';

const longestDetail = 4_000;

export async function judgePullRequestReview(
  { name: gate, approvals, people, threads }: Extract<Gate, { kind: 'pullRequestReview' }>,
  { at, head }: ForgeGatePlace,
  forge: Forge,
): Promise<Looked> {
  const number = at.pullRequest?.number;
  if (number === undefined) return { gate, verdict: 'inconclusive', detail: 'there is no pull request to review' };
  const [pull, { reviews, unresolved }, account] = await Promise.all([
    forge.pullRequest(at.repository, number),
    forge.reviews(at.repository, number),
    forge.account(),
  ]);
  if (pull === undefined) return { gate, verdict: 'inconclusive', detail: `the pull request #${number} is gone` };
  if (isOver(pull))
    return { gate, verdict: 'inconclusive', detail: `the pull request #${number} is ${pull.state} already` };
  if (pull.head.sha !== head) {
    const where = pull.head.sha.slice(0, 9);
    return {
      gate,
      verdict: 'inconclusive',
      detail: `the pull request #${number} is at ${where}, not at what was published`,
    };
  }
  const ours = lowered([account.login, pull.author]);
  const named = people && lowered(people);
  // Workflows approve with the token of the forge, and what they run is in the agent's hands.
  const counts = (by: string) => !ours.includes(by) && (named?.includes(by) ?? !isProgramName(by));
  const counting = reviews.filter(review => isCurrent(review, head) && counts(review.by.toLowerCase()));
  const refusing = counting.filter(({ verdict }) => verdict === 'changesRequested');
  if (refusing.length > 0) {
    const detail = refusing.map(({ by, body }) => `${by} asks for changes:\n${body}`).join('\n\n');
    return { gate, verdict: 'fail', detail: detail.slice(0, longestDetail) };
  }
  const approving = counting.filter(({ verdict }) => verdict === 'approved').map(({ by }) => by);
  const open = threads === 'resolved' ? unresolved : 0;
  if (approving.length >= approvals && open === 0)
    return { gate, verdict: 'pass', detail: `approved by ${approving.join(', ')}` };
  const waits = [
    ...(approving.length < approvals ? [`${approving.length} of ${approvals} approvals`] : []),
    ...(open === null ? ['the forge does not tell now whether threads are resolved'] : []),
    ...(open !== null && open > 0 ? [`${open} ${open === 1 ? 'thread is' : 'threads are'} not resolved`] : []),
  ];
  return { gate, verdict: 'pending', detail: `waits for people at ${pull.url}: ${waits.join('; ')}` };
}

const lowered = (logins: readonly string[]) => logins.map(login => login.toLowerCase());

const isCurrent = ({ isStale, sha }: Review, head: string) => !isStale && (sha === null || sha === head);
