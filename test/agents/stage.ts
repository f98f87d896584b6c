/** A place whose PATH begins with fake agent CLIs. What they do is laid down in a plan; see fixtures/fake-clis/play.sh. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { stringify } from 'yaml';
import type { ConfigSource } from '../../src/config/schema.ts';
import type { PipelineSource } from '../../src/machines/pipeline.ts';
import type { AgentView } from '../../src/operations/views/agent.ts';
import type { QueueView } from '../../src/operations/views/queue.ts';
import type { TaskView } from '../../src/operations/views/task.ts';
import { makePlace, oneStage } from '../cli/place.ts';

export const poll = { timeout: 30_000, interval: 50 };

const clis = fileURLToPath(new URL('../fixtures/fake-clis/', import.meta.url));

/** One start of a CLI. */
export interface Start {
  visit: string;
  pid: number;
  cli: string;
}

export type Stage = Awaited<ReturnType<typeof makeStage>>;

/** With claude playing all roles, unless the configuration says otherwise. */
export async function makeStage(config: ConfigSource = {}) {
  // Its journal is kept by the CLIs here: `starts`.
  const { calls: _, ...place } = await makePlace();
  const bin = join(place.directory, 'bin');
  mkdirSync(bin);
  mkdirSync(place.journal);
  const install = (cli: string) => symlinkSync(join(clis, cli), join(bin, cli));
  for (const cli of ['claude', 'codex', 'opencode']) install(cli);
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  const file = join(place.directory, 'signalbox.config.yaml');

  const configure = (next: ConfigSource) => writeFileSync(file, stringify(next));
  configure({ agent: 'claude', ...config });

  const begin = (args: readonly string[], more: Record<string, string> = {}) =>
    place.begin(args, { env: { ...env, ...more } });
  const signalbox = (...args: string[]) => begin(args);
  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await signalbox(...args, '--json');
    if (stdout === '') throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  };
  const task = () => json<TaskView & { runs: AgentView[] }>('task', 'show', 'ET-1');

  const starts = (): Start[] => {
    const journal = join(place.journal, 'starts');
    if (!existsSync(journal)) return [];
    return readFileSync(journal, 'utf8')
      .trim()
      .split('\n')
      .map(line => {
        const [stage, attempt, pid, cli = ''] = line.split(' ');
        return { visit: `${stage}.${attempt}`, pid: Number(pid), cli };
      });
  };
  const visits = () => starts().map(({ visit }) => visit);

  return {
    ...place,
    bin,
    /** Where the fakes come from, with what they read. */
    fixtures: fileURLToPath(new URL('../fixtures/', import.meta.url)),
    configure,
    configFile: file,
    begin,
    signalbox,
    json,
    /** What the CLIs do beside their work: `review.1=refuses`, `development=cli:hangs`. */
    plan: (...words: string[]) => writeFileSync(join(bin, 'plan'), words.join('\n')),
    /** What a CLI answers when it is asked for its version: a shell script. */
    version: (cli: string, script: string) => writeFileSync(join(bin, `${cli}.version`), script),
    /** A shell script that every CLI runs before its work; what it prints is kept as STAGE.ATTEMPT.probe. */
    probe: (script: string) => writeFileSync(join(bin, 'probe'), script),
    /** Puts a program of another make in the place of a CLI. */
    replace: (cli: string, text: string, mode = 0o755) => {
      rmSync(join(bin, cli), { force: true });
      writeFileSync(join(bin, cli), text, { mode });
    },
    uninstall: (cli: string) => rmSync(join(bin, cli)),
    install,
    newTask: (...more: string[]) => [
      ...['run', '--repo', place.repository, '--id', 'ET-1', '--title', 'Fix the totals', '--approve-all'],
      ...more,
    ],
    /** The task ET-1 through a pipeline, to where it stops. */
    run: (pipeline?: PipelineSource) =>
      begin([
        ...['run', '--repo', place.repository, '--id', 'ET-1', '--title', 'Fix the totals', '--approve-all'],
        ...(pipeline === undefined ? [] : ['--pipeline', place.pipeline(pipeline)]),
      ]),
    resume: (...args: string[]) => begin(['run', '--repo', place.repository, '--id', 'ET-1', ...args]),
    task,
    queue: () => json<QueueView>('queue'),
    /** The newest run of the task. */
    agentRun: () => json<AgentView>('agent', 'show', 'ET-1'),
    agents: async () => (await json<{ items: AgentView[] }>('agent', 'list')).items,
    starts,
    visits,
    argv: (visit: string) =>
      readFileSync(join(place.journal, `${visit}.argv`), 'utf8')
        .trimEnd()
        .split('\n'),
    stdin: (visit: string) => readFileSync(join(place.journal, `${visit}.stdin`), 'utf8'),
    /** The kept prompt of an attempt: `development.1-2` is its second. */
    keptPrompt: (run: string) => readFileSync(join(runDirOf(place.data, run), 'prompt.md'), 'utf8'),
    output: (run: string) => readFileSync(join(runDirOf(place.data, run), 'output.log'), 'utf8'),
    untilStarted: (visit: string) => vi.waitUntil(() => visits().includes(visit), poll),
    untilHalfDone: (visit: string) =>
      vi.waitUntil(() => visits().includes(visit) && existsSync(join(place.worktree, 'half-done.txt')), poll),
  };
}

/** The directory of an attempt: of the only run of `stage`, the attempt after the dash. */
function runDirOf(data: string, run: string): string {
  const [stage, attempt] = run.split('-');
  const runs = join(data, 'runs');
  const name = readdirSync(runs).find(one => one.startsWith(`ET-1.${stage}.`) && one.endsWith(`-${attempt}`));
  return join(runs, name ?? `no run of ${run}`);
}

/** One stage of which an agent's mistakes cost little time. */
export function quickStage(run: Record<string, unknown> = {}, more: Record<string, unknown> = {}): PipelineSource {
  const source = oneStage({ backoff: { base: '50ms', cap: '100ms' }, grace: '300ms', ...run });
  return { ...source, stages: [{ ...source.stages[0]!, ...more }] };
}
