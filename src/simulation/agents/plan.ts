/** How a process of an agent is going to go, under one seed always the same. */
import { roundUsd } from '../../domain/usage.ts';
import type { Chance } from '../chance.ts';
import { type End, settingsOf, type WorldSettings } from '../settings.ts';

/** Which attempt of which run a process is. */
export interface Attempt {
  /** The name of the attempt; there is one process of each. */
  key: string;
  taskId: string;
  stage: string;
  /** The number of the process among all of its stage, from 1. */
  number: number;
  /** Whether it is the first of its run. */
  isFirst: boolean;
}

export interface Plan {
  end: End;
  /** How long it works, in milliseconds, and what that costs in US dollars. */
  worksMs: number;
  costUsd: number;
  asks: boolean;
  objects: boolean;
  /** Whether it leaves only to a SIGKILL, and whether it stays after its last word. */
  isStubborn: boolean;
  lingers: boolean;
}

/** Ends that come before the work is done, and those among them that come as soon as something is asked of the model. */
const isCutOff = (end: End) => !['succeeded', 'timedOut', 'contextExhausted'].includes(end);
const isTurnedDown = (end: End) => ['transient', 'authentication', 'refused'].includes(end);

export function planOf(
  { taskId, stage, number }: Attempt,
  { chance, settings, limitMs }: { chance: Chance; settings: WorldSettings; limitMs: number },
): Plan {
  const { works, costs, script = [], ends, asks, objects } = settingsOf(settings, stage);
  const name = `process ${taskId} ${stage} ${number}`;
  const end = script[number - 1] ?? chance.pick(`${name} ends`, ends);
  // Only one that never comes to an end meets the limit of its stage.
  const wholeMs = Math.min(chance.around(`${name} works`, works), limitMs * 0.9);
  const share = isCutOff(end) ? (isTurnedDown(end) ? 0.03 : 0.1 + 0.8 * chance.share(`${name} is cut off`)) : 1;
  return {
    end,
    worksMs: Math.max(1_000, Math.round(wholeMs * share)),
    costUsd: roundUsd((share * costs * chance.around(`${name} costs`, 1_000)) / 1_000),
    asks: chance.happens(`${name} asks`, asks),
    objects: chance.happens(`${name} objects`, objects),
    isStubborn: chance.happens(`${name} is stubborn`, 10),
    lingers: chance.happens(`${name} lingers`, 3),
  };
}

/** Turned away at the door: nothing is done, and nothing costs. */
export const turnedAway = (plan: Plan): Plan => ({ ...plan, end: 'quota', worksMs: 5_000, costUsd: 0 });
