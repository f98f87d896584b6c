/** Runs the repository's own tests (or a given command) in the worktree and judges by the exit code alone. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { GateReport } from '../../domain/verdict.ts';
import type { Gate } from '../../machines/pipeline.ts';
import { readDocument } from '../document.ts';
import { tailOf } from '../log-file.ts';
import { runToEnd } from '../supervised-command.ts';
import type { GatePlace } from './place.ts';

const tailBytes = 3_000;
/** What a shell answers for a program that is not there or may not be run. */
const cannotRun = [126, 127];

export async function judgeCommand(
  { name: gate, run, script, timeout }: Extract<Gate, { kind: 'command' }>,
  place: GatePlace,
): Promise<GateReport> {
  const found = script === undefined ? findTestCommand : (worktree: string) => findScript(worktree, script);
  const argv = run ?? found(place.worktree);
  if (argv === undefined) {
    const detail =
      script === undefined
        ? 'no test command was found in the repository (package.json, Makefile, pytest, cargo, go, test.sh)'
        : `the repository has no script ${script} (package.json, Makefile)`;
    return { gate, verdict: 'inconclusive', detail, isAbsent: true };
  }
  const { exit, isTimedOut } = await runToEnd({ ...place, argv, timeLimitMs: timeout, env: { CI: 'true' } });
  const shown = argv.join(' ');
  const output = tailOf(join(place.runDir, 'output.log'), tailBytes);
  if (isTimedOut)
    return { gate, verdict: 'inconclusive', detail: `${shown} took longer than ${timeout} ms\n${output}` };
  if (exit.code === 0) return { gate, verdict: 'pass', detail: `${shown} passed` };
  if (exit.code === null || cannotRun.includes(exit.code)) {
    const how =
      exit.signal === null ? `could not be run (exit code ${exit.code ?? 'unknown'})` : `died by ${exit.signal}`;
    return { gate, verdict: 'inconclusive', detail: `${shown} ${how}\n${output}` };
  }
  return { gate, verdict: 'fail', detail: `${shown} failed with exit code ${exit.code}\n${output}` };
}

/** The repository's own way to run its tests; undefined when none is found. */
export function findTestCommand(worktree: string): string[] | undefined {
  const has = (file: string) => existsSync(join(worktree, file));
  const script = findScript(worktree, 'test');
  if (script !== undefined) return script;
  if (has('Cargo.toml')) return ['cargo', 'test'];
  if (has('go.mod')) return ['go', 'test', './...'];
  if (has('pytest.ini') || /^\[tool\.pytest/m.test(readOptional(worktree, 'pyproject.toml')))
    return ['python3', '-m', 'pytest'];
  if (has('test.sh')) return ['sh', 'test.sh'];
  return undefined;
}

/** How to run a script of package.json or a target of the Makefile; undefined when there is none of that name. */
export function findScript(worktree: string, name: string): string[] | undefined {
  if (hasScript(readOptional(worktree, 'package.json'), name)) {
    return name === 'test' ? ['npm', 'test', '--silent'] : ['npm', 'run', '--silent', name];
  }
  const target = new RegExp(`^${name.replaceAll('.', '\\.')}[ \\t]*:`, 'm');
  return target.test(readOptional(worktree, 'Makefile')) ? ['make', name] : undefined;
}

function readOptional(worktree: string, file: string): string {
  try {
    return readDocument(join(worktree, file));
  } catch {
    return '';
  }
}

function hasScript(packageJson: string, name: string): boolean {
  try {
    const script: unknown = JSON.parse(packageJson)?.scripts?.[name];
    return typeof script === 'string' && script !== '' && !script.includes('no test specified');
  } catch {
    return false;
  }
}
