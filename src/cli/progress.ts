/** Shows a task as it moves: a line for every change, and on a terminal a last line that lives. */

import { formatDuration } from '../domain/duration.ts';
import type { Activity, FeedEntry, TaskView } from '../service/working.ts';
import { cutTo, terminalColumns } from './columns.ts';
import { clockTime, colors, harmless, printJsonLine } from './output.ts';
import { deedOf } from './words.ts';

export interface Progress {
  onEntry(entry: FeedEntry): void;
  /** Takes the living line away while a person is asked something. Answers a function that brings it back. */
  pause(): () => void;
  /** A line of its own, for people. */
  say(text: string): void;
  stop(): void;
}

export interface ProgressOptions {
  /** As it is when watching begins. */
  task: TaskView;
  /** What the agent of a run does now, for the line that lives. */
  follow(runId: string): Promise<Activity>;
  /** What a run has used so far and what it does, in a few words; empty while nothing is known. */
  look(runId: string): Promise<{ used: string; activity: string }>;
  isJson: boolean;
  write?: (text: string) => void;
}

/** How often it is asked what an agent has used. */
const lookMs = 3_000;
/** Without a terminal a sign of life is a line of its own. */
const signMs = 60_000;

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 120;

/** What it means when one of its limits ends an agent. */
const whyEnded: Readonly<Record<string, string>> = {
  silence: 'nothing was heard of the agent for too long: it waits for an answer that does not come',
  timeLimit: 'the time of the agent is over',
};

export function createProgress({ task, follow, look, isJson, write }: ProgressOptions): Progress {
  const isLive = !isJson && Boolean(process.stdout.isTTY);
  const out = write ?? ((text: string) => void process.stdout.write(text));
  let { state } = task;
  let run: { id: string; role: string; since: number; isEnding: boolean } | undefined;
  let activity: Activity | undefined;
  let frame = 0;
  let isPaused = false;
  let isStopped = false;
  let looked = { used: '', activity: '' };
  let lastLineAt = Date.now();
  const timers = isJson
    ? []
    : [isLive ? setInterval(draw, frameMs) : setInterval(sign, signMs), setInterval(lookAt, lookMs)];
  for (const timer of timers) timer.unref();

  function clear(): void {
    if (isLive) out('\r\x1b[2K');
  }

  function draw(): void {
    if (isPaused) return;
    frame += 1;
    const spinner = frames[frame % frames.length];
    out(`\r\x1b[2K${colors.dim(cutTo(`${spinner} ${presently()}`, terminalColumns() - 1))}`);
  }

  /** Who works, for how long, with what, and what is done now. */
  function presently(): string {
    if (run === undefined) return state;
    const what = `${run.role} works ${formatDuration(Date.now() - run.since)}`;
    const last = harmless(activity?.now() || looked.activity).replaceAll(/[\n\t]/g, ' ');
    return [what, looked.used, last].filter(part => part !== '').join('  ');
  }

  function sign(): void {
    if (run === undefined || isPaused || Date.now() - lastLineAt < signMs) return;
    line(Date.now(), '…', presently());
  }

  async function lookAt(): Promise<void> {
    const mine = run;
    if (mine === undefined) return;
    const found = await look(mine.id).catch(() => looked);
    if (run === mine) looked = found;
  }

  function line(at: number | string, mark: string, text: string): void {
    clear();
    lastLineAt = Date.now();
    out(`${colors.dim(clockTime(at))}  ${mark} ${harmless(text)}\n`);
  }

  if (!isJson && task.headline !== null) line(Date.now(), markOf(task.tags), task.headline);

  return {
    onEntry(entry) {
      const { actorId, kind, outcome, from, to, at, words, by, tags } = entry;
      const isOurs = actorId === task.id || actorId.startsWith(`${task.id}.`);
      if (!isOurs || (isStopped && !isJson)) return;
      if (isJson) {
        const { position, seq, type, source, reason } = entry;
        printJsonLine({ position, at, actorId, kind, seq, type, from, to, outcome, source, reason });
        return;
      }
      if (kind === 'agentRun') showRun(entry);
      if (kind !== 'task') return;
      if (outcome === 'applied') state = to;
      const mark =
        outcome === 'rejected' ? colors.red('!') : (verdictMark(entry) ?? (from === to ? '·' : markOf(tags)));
      // What came too late, or twice, has changed nothing.
      if (words !== null && outcome !== 'ignored' && outcome !== 'duplicate') line(at, mark, deedOf({ by, words }));
    },
    pause() {
      isPaused = true;
      clear();
      return () => {
        isPaused = false;
      };
    },
    say(text) {
      if (!isJson) line(Date.now(), colors.yellow('?'), text);
    },
    stop() {
      isStopped = true;
      for (const timer of timers) clearInterval(timer);
      activity?.close();
      clear();
    },
  };

  function showRun({ actorId, to, from, at, type, tags, headline, data }: FeedEntry): void {
    if (type === 'agent.started') {
      const stage = actorId.split('.').at(-2) ?? '';
      looked = { used: '', activity: '' };
      run = { id: actorId, role: stage, since: Date.parse(at), isEnding: false };
      if (isLive) void followRun(run);
      line(at, colors.cyan('▸'), `${stage}: an agent works (run ${actorId}, process ${data.pid})`);
    } else if (type === 'agent.exited') {
      const { class: outcome, code, message } = data.end as { class: string; code: string; message: string };
      if (run?.isEnding || outcome !== 'succeeded' || code === 'contradiction') {
        line(at, colors.yellow('▸'), run?.isEnding ? 'the agent was stopped' : message);
      }
    }
    if (run !== undefined && tags.includes('ending')) {
      const why = whyEnded[/^xstate\.after\.(\w+)/.exec(type)?.[1] ?? ''];
      if (!run.isEnding && why !== undefined) line(at, colors.yellow('▸'), why);
      run.isEnding = true;
    }
    if (from === to) return;
    if (headline !== null) line(at, colors.yellow('▸'), headline);
    if (tags.includes('queued') && from !== '') line(at, colors.yellow('▸'), 'another attempt follows');
    if (!tags.includes('busy')) run = undefined;
  }

  async function followRun(mine: { id: string }): Promise<void> {
    activity?.close();
    activity = undefined;
    const next = await follow(mine.id);
    if (run === mine) activity = next;
    else next.close();
  }
}

/** The mark of a gate's verdict; undefined for what is none. */
function verdictMark({ type, data }: FeedEntry): string | undefined {
  if (!type.startsWith('xstate.done.actor.gate-')) return undefined;
  const { verdict } = (data.output ?? {}) as { verdict?: string };
  return verdict === 'pass' ? colors.green('✓') : verdict === 'fail' ? colors.red('✗') : colors.yellow('?');
}

function markOf(tags: readonly string[]): string {
  if (tags.includes('done')) return colors.green('✓');
  if (['blocked', 'failed', 'cancelled'].some(tag => tags.includes(tag))) return colors.red('✗');
  return ['person', 'paused'].some(tag => tags.includes(tag)) ? colors.yellow('?') : '·';
}
