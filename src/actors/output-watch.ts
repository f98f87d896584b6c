/** Follows what an agent prints and says, throttled, how it gets on. */
import { join } from 'node:path';
import type { AgentEnd, AgentReport, ExitRecord } from '../domain/outcome.ts';
import { tryTo } from '../domain/try-to.ts';
import { totalTokens, type Usage } from '../domain/usage.ts';
import { type LineTail, readFor, tailLines } from '../host/line-tail.ts';
import { boundLog, type KeptOfLog, type LogBound } from '../host/log-bound.ts';
import { type LogTimes, noteTimes } from '../host/log-times.ts';
import { onPulse } from '../host/pulse.ts';
import type { AgentReader } from '../integrations/agent-cli.ts';
import { contextHigh, contextShare, type Sign } from '../machines/agent-run-context.ts';
import type { FollowedNotes } from './session-notes.ts';

export interface SignReports {
  /** Neither it nor we have run for a while. */
  slept(pause: { sleptMs: number }): void;
  heartbeat(sign: Sign & { isToolAlive: boolean }): void;
  concluded(sign: Sign & { end: AgentEnd }): void;
  doomed(sign: Sign & { end: AgentEnd }): void;
}

export interface OutputWatchOptions {
  runDir: string;
  reader: AgentReader;
  /** In which it tells times of the day, where it names no other. */
  zone: string;
  /** Standard error is in a file of its own. */
  isErrorApart: boolean;
  silenceMs: number | null;
  noProgressMs: number | null;
  /** What it may use: the nearer it comes, the sooner that is told. */
  limit: Limit;
  /** What the program notes of its session, where it does not print what it uses; each line goes to this. */
  notes?: ((onLine: (line: string) => void) => FollowedNotes) | undefined;
  /** When the process began, epoch milliseconds: what its session notes before is not its own. */
  since: number;
  reports: SignReports;
}

/** Null: as much as it likes. */
export interface Limit {
  tokens: number | null;
  moneyUsd: number | null;
}

/** A heartbeat is a commit: ordinary ones come this far apart at least. */
const heartbeatMs = 30_000;
const leastHeartbeatMs = 1_000;
/** How long an agent may stay after its last word before that is worth an event. */
const conclusionMs = 2_000;
/** A tool call that is open for so long is told of: it is work, however long nothing is printed. Shorter ones come by the hundred. */
const longToolMs = 5_000;
const leastToolMs = 250;
/** How long one look may read: a talkative agent does not keep the others from being looked at. */
const lookMs = 20;
const contextMarks = [contextHigh, 0.95];
const spendingMarks = [0.5, 0.75, 0.9, 1];

/** Standard error beside typed events: nobody reads much of it. */
const keptOfErrors: KeptOfLog = { headBytes: 4 << 20, tailBytes: 12 << 20 };

/** A log that is read as it grows, and kept from growing for ever. */
interface BoundTail {
  tail: LineTail;
  bound: LogBound;
  times: LogTimes;
}

export interface OutputWatch {
  /** How long nothing has been printed, by the age of the files: for a process that is adopted. */
  readonly silentMs: number;
  /** Reads to the end and answers what the end of the process means, which came at this time. */
  conclude(exit: ExitRecord, at: number): Promise<{ end: AgentEnd; report: AgentReport }>;
  stop(): void;
}

/** Begins to watch. Adopting a process that already runs reads its output from the beginning. */
export function watchOutput(options: OutputWatchOptions): OutputWatch {
  const { runDir, reader, zone, isErrorApart, silenceMs, noProgressMs, limit, since, reports } = options;
  const notes = options.notes?.(line => reader.noted?.(line, since));
  const whenNow = () => ({ at: Date.now(), zone });
  const bounded = (name: string, take: (line: string) => void, kept?: KeptOfLog): BoundTail => {
    const bound = boundLog(join(runDir, name), kept);
    const tail = tailLines(join(runDir, name), (line, end) => {
      bound.line(end);
      take(line);
    });
    return { tail, bound, times: noteTimes(join(runDir, name)) };
  };
  const logs = [
    bounded('output.log', line => reader.output(line)),
    ...(isErrorApart ? [bounded('error.log', line => reader.error(line), keptOfErrors)] : []),
  ];
  const throttleMs = Math.max(
    leastHeartbeatMs,
    Math.min(heartbeatMs, (silenceMs ?? heartbeatMs * 3) / 3, (noProgressMs ?? heartbeatMs * 3) / 3),
  );
  // Sooner where silence is short: a tool that is missed is taken for silence.
  const toolAfterMs = Math.max(leastToolMs, Math.min(longToolMs, (silenceMs ?? longToolMs * 3) / 3));
  const now = () => performance.now();
  // What was printed before we looked, by an adopted agent, is as old as its file says.
  const age = Math.max(0, Date.now() - (lastWrite() ?? Date.now()));
  const began = now();
  let lastOutput = began - age;
  /** Reading what was printed before; none of it is a sign of life now. */
  let isCatchingUp = true;
  let lastProgress = lastOutput;
  let lastBeat = now();
  let progress = 0;
  let isNews = false;
  let isToolAlive = false;
  let toolSince: number | null = null;
  let session: string | null = null;
  let mark = 0;
  let spentMark = 0;
  let hasAnswered = false;
  /** Its last word has been read, and told. */
  let hasLastWord = false;
  let isConcluded = false;
  let isDoomed = false;

  const sign = (report: AgentReport): Sign => ({
    report,
    activity: reader.activity,
    silentMs: Math.round(now() - lastOutput),
    stalledMs: Math.round(now() - lastProgress),
  });

  const beat = (report: AgentReport) => {
    isNews = false;
    lastBeat = now();
    reports.heartbeat({ ...sign(report), isToolAlive });
  };

  const checkTool = (): boolean => {
    const wasAlive = isToolAlive;
    toolSince = reader.openTools === 0 ? null : (toolSince ?? now());
    isToolAlive = toolSince !== null && now() - toolSince >= toolAfterMs;
    // Silence counts from the end of the tool.
    if (wasAlive && !isToolAlive) lastOutput = now();
    return wasAlive !== isToolAlive;
  };

  const awake = (sleptMs: number) => {
    if (sleptMs === 0) return look();
    // Nobody was silent, nor idle, while nobody ran.
    lastOutput = now();
    lastProgress = now();
    if (toolSince !== null) toolSince = now();
    reports.slept({ sleptMs });
    look();
  };

  const look = () => {
    let hasGrown = false;
    let hasMore = false;
    for (const { tail, bound, times } of logs) {
      const before = tail.position;
      const isMore = readFor(tail, lookMs);
      bound.passed(tail.position);
      hasMore ||= isMore;
      const isNewHere = tail.position !== before;
      hasGrown ||= isNewHere;
      // Nobody knows when what was there before us was printed.
      if (isNewHere && !isCatchingUp) times.grew(before, Date.now());
    }
    if (notes?.read(reader.session, lookMs)) isNews = true;
    if (hasGrown) {
      isNews = true;
      // What knocks at a door in vain makes a noise, and gets nowhere.
      if (!isCatchingUp && !reader.isKnocking) lastOutput = now();
    }
    if (reader.progress !== progress) {
      progress = reader.progress;
      if (!isCatchingUp) lastProgress = now();
    }
    isCatchingUp &&= hasMore;
    // A long log is caught up with as fast as it can be read, and everybody else has a turn in between.
    if (hasMore) setImmediate(() => isStopped || tryTo(look));
    const hasToolChanged = checkTool();
    // After its last word every look counts: it may stay, or go on after all.
    const isOver = !hasGrown && hasLastWord;
    if (!isNews && !hasToolChanged && !isOver) return;
    const report = reader.report();
    hasLastWord = report.conclusion !== null;
    if (reader.isDoomed && !isDoomed) {
      isDoomed = true;
      reports.doomed({ ...sign(report), end: reader.conclude({ code: 1, signal: null }, whenNow()) });
      return;
    }
    if (isOver) {
      if (isConcluded || now() - lastOutput < conclusionMs) return;
      isConcluded = true;
      isNews = false;
      const code = report.conclusion === 'success' ? 0 : 1;
      reports.concluded({ ...sign(report), end: reader.conclude({ code, signal: null }, whenNow()) });
      return;
    }
    const wasConcluded = isConcluded;
    isConcluded = false;
    const reached = contextMarks.filter(share => contextShare(report) >= share).length;
    const spent = spendingMarks.filter(share => spentShare(report.usage, limit) >= share).length;
    const isFirstAnswer = report.turns > 0 && !hasAnswered;
    hasAnswered ||= isFirstAnswer;
    const isNew = report.session !== session || reached > mark || spent > spentMark || isFirstAnswer;
    const isImportant = isNew || hasToolChanged || wasConcluded;
    session = report.session;
    [mark, spentMark] = [reached, spent];
    if (isImportant || now() - lastBeat >= throttleMs) beat(report);
  };

  const forget = onPulse(awake);
  let isStopped = false;

  function lastWrite(): number | undefined {
    const times = logs.map(({ tail }) => tail.writtenAt()).filter(time => time !== undefined);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  const stop = () => {
    isStopped = true;
    forget();
    for (const { tail } of logs) tail.close();
    notes?.close();
  };

  return {
    silentMs: Math.round(age),
    async conclude(exit, at) {
      isStopped = true;
      forget();
      await Promise.all(logs.map(({ tail }) => tail.finish()));
      await notes?.finish(reader.session);
      for (const { tail, bound } of logs) bound.passed(tail.position);
      stop();
      return { end: reader.conclude(exit, { at, zone }), report: reader.report() };
    },
    stop,
  };
}

/** How much of its limit it has used: the greater of the two shares, from 0. */
function spentShare(usage: Usage, { tokens, moneyUsd }: Limit): number {
  const ofTokens = tokens === null ? 0 : totalTokens(usage) / Math.max(tokens, 1);
  const ofMoney = moneyUsd === null ? 0 : (usage.costUsd ?? 0) / Math.max(moneyUsd, 1e-6);
  return Math.max(ofTokens, ofMoney);
}
