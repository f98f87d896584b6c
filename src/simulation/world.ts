/**
 * What there is around an orchestrator and outlives it: code, agents' processes, the forge, and what has been said and has
 * happened. It keeps its own account of what must not happen, and never asks the orchestrator about it.
 */
import type { RawDelivery } from '../integrations/webhook.ts';
import { type Pipeline, patienceOf } from '../machines/pipeline.ts';
import { type Account, createAccount } from './account.ts';
import { createProcesses, type Processes } from './agents/processes.ts';
import { type Calendar, createCalendar } from './calendar.ts';
import { type Chance, createChance } from './chance.ts';
import { type Code, createCode } from './code.ts';
import { createForge, type SimulatedForge } from './forge/forge.ts';
import { createHearing, type Hearing } from './hearing.ts';
import { createLanding, type Landing } from './landing.ts';
import type { WorldSettings } from './settings.ts';

/** Something that happened, for people. */
export interface Happening {
  at: number;
  /** The task that it happened to; null for all. */
  taskId: string | null;
  text: string;
}

export interface World extends Hearing, Landing, Account {
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
  const limitMs = (stage: string) => pipeline.stages.find(({ name }) => name === stage)!.run.timeLimit;
  const around = { calendar, chance, settings };
  const processes = createProcesses({ ...around, limitMs });
  const hearing = createHearing(pipeline, around);
  const forge = isAtForge(pipeline) ? createForge({ ...around, pipeline }, hearing, deliver) : null;
  const story: Happening[] = [];
  const broken: string[] = [];
  const tell = (taskId: string | null, text: string) => void story.push({ at: calendar.now(), taskId, text });
  const breaks = (text: string) => {
    broken.push(text);
    tell(null, `BROKEN: ${text}`);
  };
  const landing = createLanding(pipeline, {
    ...{ settings, chance, code, hearing },
    onWrong: (taskId, wrong) => breaks(`${taskId}: ${wrong}`),
    onMerged(taskId, tree, isNew) {
      if (isNew) tell(taskId, `is merged: the target is ${tree}`);
      forge?.merged(taskId);
    },
  });
  return {
    ...{ pipeline, settings, calendar, chance, code, processes, forge, story, tell, broken, break: breaks },
    ...hearing,
    ...landing,
    ...createAccount(processes, breaks),
    ...createNumbers(),
  };
}

/** What was done already, by what it is done under. */
function createNumbers(): Pick<World, 'numberOf' | 'isNew'> {
  const numbers = new Map<string, Map<string, number>>();
  const done = new Set<string>();
  return {
    numberOf(kind, ref) {
      const known = numbers.get(kind) ?? new Map<string, number>();
      numbers.set(kind, known);
      const number = known.get(ref) ?? known.size + 1;
      known.set(ref, number);
      return number;
    },
    isNew(what) {
      const isNew = !done.has(what);
      done.add(what);
      return isNew;
    },
  };
}

/** Whether a pipeline has gates that are decided at a forge. */
export const isAtForge = ({ stages }: Pipeline): boolean =>
  stages.some(({ gates }) => gates.some(gate => patienceOf(gate) !== null));
