/** What has run for a task, one after another, with what it has printed: its agents, the commands of its gates, hooks and set-ups. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentKind } from '../domain/agent-spec.ts';
import { readEnd, readStart } from '../host/supervised-process.ts';
import { watchDirectory } from '../host/watch-directory.ts';
import type { AgentRunContext } from '../machines/agent-run-context.ts';
import { createChanges } from '../runtime/changes.ts';
import type { Runtime } from '../runtime/index.ts';
import { contextOf } from './context.ts';
import type { App } from './open.ts';
import { type LogPiece, openLog } from './run-log.ts';

/** Something that has run for a task. */
export interface TaskPart {
  /** The name of its directory, in which the runs of a task are told apart. */
  run: string;
  /** What it is, for people: `gate tests`, `the agent of review, attempt 2`. */
  what: string;
  /** The gate that it judged for; null for what judges none. */
  gate: string | null;
  /** The agent run whose attempt it is; null for a command. */
  agent: string | null;
  /** Epoch milliseconds. */
  startedAt: number;
  /** Epoch milliseconds; undefined while it runs, and where it has left no record. */
  endedAt: number | undefined;
}

/** What has run for a task, in the order in which it began. */
export function partsOf(runsDir: string, taskId: string): TaskPart[] {
  const prefix = `${taskId}.`;
  const names = existsSync(runsDir) ? readdirSync(runsDir).filter(name => name.startsWith(prefix)) : [];
  const parts = names.flatMap((run): TaskPart[] => {
    const directory = join(runsDir, run);
    const startedAt = readStart(directory) ?? statSync(directory, { throwIfNoEntry: false })?.mtimeMs;
    if (startedAt === undefined) return [];
    return [{ run, ...partNamed(run.slice(prefix.length), run), startedAt, endedAt: readEnd(directory) }];
  });
  return parts.sort((a, b) => a.startedAt - b.startedAt || (a.run < b.run ? -1 : 1));
}

/** What a directory is of, by its name behind the task: `review.16-1`, `gate-tests.14.judge.1`, `prepare.2-afterCreate`. */
function partNamed(name: string, run: string): Pick<TaskPart, 'what' | 'gate' | 'agent'> {
  const gate = /^gate-(.+?)\.\d+\./.exec(name)?.[1] ?? /^baseline\.\d+-(.+?)-\d+/.exec(name)?.[1] ?? null;
  const whose = gate === null ? '' : ` for gate ${gate}`;
  const hook = /-(afterCreate|beforeRun|afterRun|beforeRemove|hook)$/.exec(name)?.[1];
  if (hook !== undefined) return { what: `hook ${hook === 'hook' ? 'afterCreate' : hook}${whose}`, gate, agent: null };
  if (/-setup(?:-\d+)*$/.test(name)) return { what: `set-up${whose}`, gate, agent: null };
  if (gate !== null) {
    const how = name.startsWith('baseline.')
      ? ' before any change'
      : (manner.find(([end]) => end.test(name))?.[1] ?? '');
    return { what: `gate ${gate}${how}`, gate, agent: null };
  }
  const [, stage, number, attempt] = /^(.+)\.(\d+)-(\d+)$/.exec(name) ?? [];
  if (stage === undefined) return { what: name, gate, agent: null };
  return {
    what: `the agent of ${stage}, attempt ${attempt}`,
    gate,
    agent: `${run.slice(0, run.length - name.length)}${stage}.${number}`,
  };
}

/** How else than once, on the branch's own word, a gate's command is run. */
const manner: readonly (readonly [RegExp, string])[] = [
  [/-again$/, ', once more'],
  [/-made$/, ', with what was made'],
  [/-target(?:-again)?$/, ', by the rules of the target'],
  [/-without$/, ', without the change'],
];

export interface ReadParts {
  gate: string | undefined;
  /** Goes on as output comes, until the task has ended. */
  follow: boolean;
  /** Only the last lines of what ran last. */
  tail: number | undefined;
  /** Only what was printed since then, epoch milliseconds. */
  since: number | undefined;
  /** Only what comes behind this: something that has run, and bytes of its output and of its standard error. */
  after: { run: string; output: number; error: number } | undefined;
  signal: AbortSignal;
}

/** A line, and of what it is. */
export interface PartPiece extends LogPiece {
  part: TaskPart;
}

/** What has run has printed, and goes on to print. */
export async function* readParts(
  { runtime, paths: { runsDir } }: Pick<App, 'runtime' | 'paths'>,
  taskId: string,
  { gate, follow, tail, since, after, signal }: ReadParts,
): AsyncGenerator<PartPiece[]> {
  const changes = createChanges([signal]);
  const ends = [runtime.onChange(changes.hear), ...(follow ? [watchDirectory(runsDir, changes.hear).close] : [])];
  const wanted = () => partsOf(runsDir, taskId).filter(part => gate === undefined || part.gate === gate);
  const told = new Set<string>();
  const isBefore = (part: TaskPart, parts: readonly TaskPart[]) =>
    parts.indexOf(part) < parts.findIndex(({ run }) => run === after?.run);
  let isFirst = true;
  try {
    while (!signal.aborted) {
      changes.see();
      // Asked first: what begins between the two is read in the next round.
      const goesOn = follow && (await isLiving(runtime, taskId));
      const all = wanted();
      if (isFirst && tail !== undefined) {
        const last = all.findLastIndex(part => hasPrinted(runsDir, part));
        for (const { run } of all.slice(0, Math.max(last, 0))) told.add(run);
      }
      for (const part of all) {
        if (told.has(part.run) || isBefore(part, all)) continue;
        const log = await openLog(join(runsDir, part.run), {
          kind: await kindOf(runtime, part),
          from: after?.run === part.run ? after : undefined,
          ...{ tail: isFirst ? tail : undefined, since, onChange: follow ? changes.hear : null },
        });
        const placed = (pieces: LogPiece[]) => pieces.map(piece => ({ ...piece, part }));
        try {
          // One after another: what runs beside it is told when this one has ended.
          while (follow && !signal.aborted && isRunning(runsDir, part) && (await isLiving(runtime, taskId))) {
            changes.see();
            for await (const pieces of log.read()) yield placed(pieces);
            await changes.next();
          }
          for await (const pieces of log.finish(true)) yield placed(pieces);
        } finally {
          log.close();
        }
        told.add(part.run);
      }
      isFirst = false;
      if (!goesOn) return;
      await changes.next();
    }
  } finally {
    for (const end of ends) end();
    changes.forget();
  }
}

const hasPrinted = (runsDir: string, { run }: TaskPart) =>
  ['output.log', 'error.log'].some(file => statSync(join(runsDir, run, file), { throwIfNoEntry: false })?.size);

const isRunning = (runsDir: string, { run }: TaskPart) => readEnd(join(runsDir, run)) === undefined;

const isLiving = async (runtime: Runtime, taskId: string): Promise<boolean> =>
  (await runtime.actor(taskId))?.status === 'active';

/** Who reads the lines: those of a command are plain. */
async function kindOf(runtime: Runtime, { agent }: TaskPart): Promise<AgentKind> {
  const row = agent === null ? undefined : await runtime.actor(agent);
  return row === undefined ? 'command' : contextOf<AgentRunContext>(row).agent.kind;
}
