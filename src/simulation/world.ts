/**
 * What there is around an orchestrator and outlives it: code, agents' processes, the forge, and what has been said and has
 * happened. It keeps its own account of what must not happen, and never asks the orchestrator about it.
 */
import type { RawDelivery } from '../integrations/webhook.ts';
import { type Gate, ordinaryWay, type Pipeline, patienceOf, type Stage } from '../machines/pipeline.ts';
import { type Calendar, createCalendar } from './calendar.ts';
import { type Chance, createChance } from './chance.ts';
import { type Code, createCode, type Placed } from './code.ts';
import { createForge, type SimulatedForge } from './forge.ts';
import { carriedOver, type Word, wrongIn } from './owed.ts';
import { type Attempt, createProcesses, type Processes } from './processes.ts';
import { settingsOf, type WorldSettings } from './settings.ts';

/** Something that happened, for people. */
export interface Happening {
  at: number;
  /** The task that it happened to; null for all. */
  taskId: string | null;
  text: string;
}

export interface World {
  pipeline: Pipeline;
  settings: WorldSettings;
  calendar: Calendar;
  chance: Chance;
  code: Code;
  processes: Processes;
  /** Null for a pipeline that has no gate at a forge. */
  forge: SimulatedForge | null;
  /** What has happened, the oldest first. */
  story: Happening[];
  tell(taskId: string | null, text: string): void;
  /** What must not have happened, in words. */
  broken: string[];
  break(text: string): void;
  /** The how-manieth this is of its kind, from 1; what is done again under the same reference has its number. */
  numberOf(kind: string, ref: string): number;
  /** Whether it is done for the first time. */
  isNew(what: string): boolean;
  /** What a gate says, and what it has last said of a tree. */
  judge(gate: Gate, of: { taskId: string; tree: string; round: number }): Word;
  hear(gate: string, taskId: string, tree: string, word: Word | undefined): void;
  lastWords(taskId: string, tree: string): Record<string, Word>;
  /** The agent of a stage has written what it writes. */
  write(taskId: string, stage: string, number: number): void;
  /** What the target has by now comes to the branch, at the merge of a stage. */
  update(taskId: string, sha: string, stage: string): Placed;
  /** A commit of a task goes into the target, from a stage. */
  merge(taskId: string, sha: string, by: string): Placed;
  /** A tree of a task comes to the target from a stage, or a task is done with it: it ought to be passed. */
  land(taskId: string, tree: string, by: string): void;
  /** A process of an agent begins. */
  begin(attempt: Attempt): void;
  /** A person has decided something of a task: what agents do from here on is with a person's will. */
  decide(taskId: string): void;
  /** The task has ended: nothing more happens to it. */
  end(taskId: string): void;
  /** The worktree of a task is removed. */
  tidy(taskId: string): void;
  isTidy(taskId: string): boolean;
  /** Agent runs of each task since a person last decided, at the most. */
  mostRuns: Map<string, number>;
}

/** A Monday. */
const start = Date.UTC(2026, 0, 5, 9);

export function createWorld(
  pipeline: Pipeline,
  settings: WorldSettings,
  seed: number,
  deliver: (delivery: RawDelivery) => void,
): World {
  const calendar = createCalendar(start);
  const chance = createChance(seed);
  const code = createCode();
  const story: Happening[] = [];
  const broken: string[] = [];
  const numbers = new Map<string, Map<string, number>>();
  const words = new Map<string, Word | undefined>();
  const writers = writersOf(pipeline, settings);
  const limitMs = (stage: string) => pipeline.stages.find(({ name }) => name === stage)!.run.timeLimit;
  const processes = createProcesses({ calendar, chance, settings, limitMs });
  const runsSince = new Map<string, number>();
  const ended = new Set<string>();
  const tidied = new Set<string>();
  const done = new Set<string>();

  const wordFor = (gate: Gate, name: string): Word => {
    const own = Object.hasOwn(settings.gates, gate.name) ? settings.gates[gate.name]! : usualVerdicts(gate);
    return chance.pick<Word>(`gate ${gate.name} ${name}`, own);
  };
  const world: World = {
    ...{ pipeline, settings, calendar, chance, code, processes, story, broken },
    mostRuns: new Map(),
    isNew(what) {
      const isNew = !done.has(what);
      done.add(what);
      return isNew;
    },
    forge: isAtForge(pipeline)
      ? createForge(
          { calendar, chance, settings, pipeline },
          { wordFor, hear: (...heard) => world.hear(...heard) },
          deliver,
        )
      : null,
    tell: (taskId, text) => void story.push({ at: calendar.now(), taskId, text }),
    break(text) {
      broken.push(text);
      world.tell(null, `BROKEN: ${text}`);
    },
    numberOf(kind, ref) {
      const known = numbers.get(kind) ?? new Map<string, number>();
      numbers.set(kind, known);
      const number = known.get(ref) ?? known.size + 1;
      known.set(ref, number);
      return number;
    },
    judge(gate, { taskId, tree, round }) {
      // What a command says is of the code; what agents write is of the round.
      const name = gate.kind === 'command' || gate.kind === 'paths' ? tree : `${taskId} ${round}`;
      const word = wordFor(gate, name);
      world.hear(gate.name, taskId, tree, word);
      return word;
    },
    hear: (gate, taskId, tree, word) => void words.set(`${taskId}\0${gate}\0${tree}`, word),
    lastWords(taskId, tree) {
      const all = pipeline.stages.flatMap(({ gates }) => gates.map(({ name }) => name));
      const said = all.map(gate => [gate, words.get(`${taskId}\0${gate}\0${tree}`)] as const);
      return Object.fromEntries(said.filter(([, word]) => word !== undefined)) as Record<string, Word>;
    },
    write(taskId, stage, number) {
      const name = `${taskId} ${stage} ${number}`;
      // Now and then somebody who reviews mends it himself, and somebody who is to mend it does nothing.
      const isCode = chance.happens(`writes ${name}`, writers.has(stage) ? 97 : 2);
      const isReturn = chance.happens(`returns ${name}`, 3);
      code.write(taskId, !isCode ? 'documents' : isReturn ? 'return' : 'change');
    },
    update(taskId, sha, stage) {
      const before = world.lastWords(taskId, code.treeAt(sha));
      // Where nothing but documents is its own, the target is as others have judged it.
      const carried = code.isAhead(sha) ? carriedOver(pipeline, stage) : Object.keys(before);
      const placed = code.update(taskId, sha);
      for (const gate of carried) {
        if (before[gate] === 'pass') world.hear(gate, taskId, placed.codeTree, 'pass');
      }
      return placed;
    },
    merge(taskId, sha, by) {
      const isNew = !code.isMerged(sha);
      if (isNew) world.land(taskId, code.treeAt(sha), by);
      const placed = code.merge(taskId, sha);
      if (isNew) world.tell(taskId, `is merged: the target is ${placed.codeTree}`);
      world.forge?.merged(taskId);
      return placed;
    },
    land(taskId, tree, by) {
      if (by !== 'done' && code.hasBeen(tree)) return;
      const said = world.lastWords(taskId, tree);
      for (const wrong of wrongIn(pipeline, { by, tree, said })) world.break(`${taskId}: ${wrong}`);
    },
    begin(attempt) {
      const { taskId, key } = attempt;
      const others = processes.all.filter(one => one.taskId === taskId && one.endedAt === null);
      for (const other of others) world.break(`${taskId}: ${key} begins beside ${other.key}, in the same worktree`);
      if (ended.has(taskId)) world.break(`${taskId}: ${key} begins after the task has ended`);
      const runs = (runsSince.get(taskId) ?? 0) + (attempt.isFirst ? 1 : 0);
      runsSince.set(taskId, runs);
      world.mostRuns.set(taskId, Math.max(runs, world.mostRuns.get(taskId) ?? 0));
      processes.start(attempt);
    },
    tidy(taskId) {
      tidied.add(taskId);
      if (!ended.has(taskId)) return;
      for (const { key, taskId: id, endedAt } of processes.all)
        if (id === taskId && endedAt === null) world.break(`the worktree of ${taskId} goes while ${key} works in it`);
    },
    isTidy: taskId => tidied.has(taskId),
    decide: taskId => void runsSince.set(taskId, 0),
    end(taskId) {
      ended.add(taskId);
      for (const { key, taskId: id, endedAt } of processes.all)
        if (id === taskId && endedAt === null) world.break(`${taskId} has ended, and its process ${key} lives on`);
    },
  };
  return world;
}

/** Whether a pipeline has gates that are decided at a forge. */
export const isAtForge = ({ stages }: Pipeline): boolean =>
  stages.some(({ gates }) => gates.some(gate => patienceOf(gate) !== null));

function usualVerdicts({ kind }: Gate): Record<Word, number> {
  switch (kind) {
    case 'artifacts':
      return { pass: 96, fail: 4, inconclusive: 0 };
    case 'paths':
      return { pass: 96, fail: 0, inconclusive: 4 };
    case 'verdict':
      return { pass: 82, fail: 16, inconclusive: 2 };
    default:
      return { pass: 84, fail: 14, inconclusive: 2 };
  }
}

/**
 * Stages whose agents write code: those that the world says, else those that are judged by commands, builds or paths, before
 * the merge. Where that is none, the first stage, whatever it does.
 */
function writersOf(pipeline: Pipeline, settings: WorldSettings): Set<string> {
  const way = ordinaryWay(pipeline);
  const merging = way.findIndex(({ merge }) => merge !== undefined);
  const behind = merging < 0 ? [] : way.slice(merging);
  const isWriting = (stage: Stage) => {
    const { writes } = settingsOf(settings, stage.name);
    if (writes !== undefined) return writes === 'code';
    return !behind.includes(stage) && stage.gates.some(({ kind }) => ['command', 'ci', 'paths'].includes(kind));
  };
  const writers = pipeline.stages.filter(isWriting).map(({ name }) => name);
  const isSaid = pipeline.stages.some(({ name }) => settingsOf(settings, name).writes !== undefined);
  return new Set(writers.length > 0 || isSaid ? writers : way.slice(0, 1).map(({ name }) => name));
}
