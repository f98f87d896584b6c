/** Shows a task as it moves: a line for every change, and on a terminal a last line that lives. */
import type { followActivity } from '../commands/agent-log.ts';
import { formatDuration } from '../domain/duration.ts';
import type { Transition } from '../runtime/index.ts';
import { clockTime, colors, harmless, printJsonLine } from './output.ts';

export interface Progress {
  onTransition(transition: Transition): void;
  /** Takes the living line away while a person is asked something. Answers a function that brings it back. */
  pause(): () => void;
  /** A line of its own, for people. */
  say(text: string): void;
  stop(): void;
}

export interface ProgressOptions {
  taskId: string;
  /** The state that the task is in when watching begins. */
  state: string;
  /** What the agent of a run does now, for the line that lives. */
  follow(runId: string): Promise<Activity>;
  isJson: boolean;
  write?: (text: string) => void;
}

export type Activity = ReturnType<typeof followActivity>;

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 120;

/** What is worth a line, by the state that the task comes to. Steps that pass in a moment are not. */
const headlines: [RegExp, (stage: string) => string][] = [
  [/^(\w+)\.preparing$/, stage => `${stage} begins`],
  [/^(\w+)\.gating$/, stage => `${stage}: the gates are judged`],
  [/^(\w+)\.merging\.writing$/, () => 'merging'],
  [/^landing\.writing$/, () => 'the last documents are merged'],
  [/^(\w+)\.awaitingApproval$/, stage => `${stage} waits for a person's approval`],
  [/^(\w+)\.awaitingAnswer$/, stage => `${stage} asks a person`],
  [/^(\w+)\.awaitingDecision$/, stage => `${stage} waits for a person's decision`],
  [/\.blocked$/, () => 'blocked'],
  [/^paused/, () => 'paused'],
  [/^(done|cancelled|failed)$/, state => state],
];

export function createProgress({ taskId, state: initial, follow, isJson, write }: ProgressOptions): Progress {
  const isLive = !isJson && Boolean(process.stdout.isTTY);
  const out = write ?? ((text: string) => void process.stdout.write(text));
  let state = initial;
  let run: { id: string; role: string; since: number } | undefined;
  let activity: Activity | undefined;
  let frame = 0;
  let isPaused = false;
  let isStopped = false;
  const timer = isLive ? setInterval(draw, frameMs) : undefined;
  timer?.unref();

  function clear(): void {
    if (isLive) out('\r\x1b[2K');
  }

  function draw(): void {
    if (isPaused) return;
    frame += 1;
    const spinner = frames[frame % frames.length];
    const width = process.stdout.columns ?? 80;
    const what = run === undefined ? state : `${run.role} works ${formatDuration(Date.now() - run.since)}`;
    const last = run === undefined ? '' : (activity?.now() ?? '').replace(/\p{Cc}/gu, ' ');
    const line = `${spinner} ${what}${last === '' ? '' : `  ${last}`}`;
    out(`\r\x1b[2K${colors.dim(cutToWidth(line, width - 1))}`);
  }

  function line(at: number, mark: string, text: string): void {
    clear();
    out(`${colors.dim(clockTime(at))}  ${mark} ${harmless(text)}\n`);
  }

  function announce(at: number): void {
    for (const [pattern, headline] of headlines) {
      const match = pattern.exec(state);
      const text = match && headline(match[1] ?? match[0]);
      if (text) line(at, markOf(state), text);
    }
  }

  if (!isJson) announce(Date.now());

  return {
    onTransition(transition) {
      const { actorId, kind, outcome, from, to, at, event, type } = transition;
      const isOurs = actorId === taskId || actorId.startsWith(`${taskId}.`);
      if (!isOurs || (isStopped && !isJson)) return;
      if (isJson) {
        const { seq, source, reason } = transition;
        printJsonLine({ at: new Date(at).toISOString(), actorId, kind, seq, type, from, to, outcome, source, reason });
        return;
      }
      if (outcome === 'rejected') line(at, colors.red('!'), `${type} was rejected: ${transition.reason}`);
      if (kind === 'agentRun') showRun(transition);
      if (kind !== 'task' || from === to) return;
      state = to;
      if (type === 'xstate.done.actor.gates') showVerdicts(at, event);
      announce(at);
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
      clearInterval(timer);
      activity?.close();
      clear();
    },
  };

  function showRun({ actorId, to, from, at, event }: Transition): void {
    if (event.type === 'agent.started') {
      const stage = actorId.split('.').at(-2) ?? '';
      run = { id: actorId, role: stage, since: at };
      if (isLive) void followRun(run);
      line(at, colors.cyan('▸'), `${stage}: an agent works (run ${actorId}, process ${event.pid})`);
    } else if (event.type === 'agent.exited') {
      const { class: outcome, message } = event.end as { class: string; message: string };
      const isStopped = /stopping|killing/.test(from);
      if (isStopped || outcome !== 'succeeded') {
        line(at, colors.yellow('▸'), isStopped ? 'the agent was stopped' : message);
      }
    }
    if (to === 'backoff' && from !== 'backoff') {
      run = undefined;
      line(at, colors.yellow('▸'), 'the agent is tried again after a pause');
    }
    if (to === 'queued' && from !== 'queued' && from !== '') line(at, colors.yellow('▸'), 'another attempt follows');
    if (to === 'settled' || to === 'queued') run = undefined;
  }

  async function followRun(mine: { id: string }): Promise<void> {
    activity?.close();
    activity = undefined;
    const next = await follow(mine.id);
    if (run === mine) activity = next;
    else next.close();
  }

  function showVerdicts(at: number, event: Transition['event']): void {
    const { reports } = event.output as { reports: { gate: string; verdict: string; detail: string }[] };
    for (const { gate, verdict, detail } of reports) {
      const mark = verdict === 'pass' ? colors.green('✓') : verdict === 'fail' ? colors.red('✗') : colors.yellow('?');
      const why =
        verdict === 'pass' ? '' : `: ${detail.trim().split('\n', 1)[0]?.replace(/^---$/, 'see the document') ?? ''}`;
      line(at, mark, `gate ${gate} ${verdict}${why}`);
    }
  }
}

function markOf(state: string): string {
  if (state === 'done') return colors.green('✓');
  if (/blocked$|^failed|^cancelled/.test(state)) return colors.red('✗');
  return /awaiting|^paused/.test(state) ? colors.yellow('?') : '·';
}

/** As much of a line as fits; wide characters take two columns. */
function cutToWidth(line: string, columns: number): string {
  let used = 0;
  let cut = '';
  for (const character of line) {
    used += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f000}-\u{3ffff}]/u.test(
      character,
    )
      ? 2
      : 1;
    if (used > columns) break;
    cut += character;
  }
  return cut;
}
