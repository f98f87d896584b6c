/** Whether a task ends: from wherever it can come, when agents end and people answer; and at best without a refusal. */
import type { AnyStateMachine } from 'xstate';
import { ordinaryWay, type Pipeline } from '../pipeline.ts';
import type { Explored } from './explore.ts';
import type { Happening } from './happenings.ts';
import { begin, type Step } from './replay.ts';

/**
 * Situations from which no answer leads on to the end: neither an approval, an answer, another try nor a rejection, whatever
 * agents make of it and though every gate passes then. Only to move it to another stage, or to give it up, would help. What
 * was not followed may lead anywhere.
 */
export function stuckIn({ found, ways, followed }: Explored): number[] {
  const before = new Map<number, number[]>();
  for (const { from, to, by } of ways) {
    if (!by.isWell) continue;
    const known = before.get(to);
    if (known === undefined) before.set(to, [from]);
    else known.push(from);
  }
  const leads = new Set<number>();
  const open: number[] = [];
  const add = (here: number) => {
    if (leads.has(here)) return;
    leads.add(here);
    open.push(here);
  };
  for (const [here, { path }] of found.entries()) if (path === 'done' || here >= followed) add(here);
  for (let here = open.pop(); here !== undefined; here = open.pop()) for (const one of before.get(here) ?? []) add(one);
  return [...found.keys()].filter(here => !leads.has(here));
}

/**
 * A situation to which a task comes back again and again without a person and without a try of any budget, with agents that
 * work in between; undefined where there is none among those that were followed.
 */
export function endlessIn({ found, ways, followed }: Explored): number | undefined {
  const next = new Map<number, number[]>();
  for (const { from, to, by, isCounted } of ways) {
    if (isCounted || by.event.type.startsWith('task.') || to >= followed) continue;
    const known = next.get(from);
    if (known === undefined) next.set(from, [to]);
    else known.push(to);
  }
  // Depth first: what is met again on the line that leads to it goes round.
  const state = new Uint8Array(found.length);
  for (let start = 0; start < followed; start += 1) {
    if (state[start] !== 0) continue;
    const line: { here: number; rest: number[] }[] = [{ here: start, rest: [...(next.get(start) ?? [])] }];
    state[start] = 1;
    while (line.length > 0) {
      const last = line.at(-1)!;
      const to = last.rest.pop();
      if (to === undefined) {
        state[last.here] = 2;
        line.pop();
      } else if (state[to] === 0) {
        state[to] = 1;
        line.push({ here: to, rest: [...(next.get(to) ?? [])] });
      } else if (state[to] === 1) {
        const round = line.slice(line.findIndex(({ here }) => here === to));
        const working = round.find(({ here }) => found[here]!.path.includes('.working'));
        if (working !== undefined) return working.here;
      }
    }
  }
  return undefined;
}

export interface BestRun {
  isDone: boolean;
  /** It was not done after more runs than any way has. */
  goesRound: boolean;
  /** The stages whose agents have worked, in order. */
  runs: string[];
  steps: Step[];
  state: string;
}

/** What an agent makes of the code when it works in a stage for the nth time. */
type Coding = (stage: string, visit: number) => 'same' | 'new';

/** The run in which every gate passes, every agent succeeds and everybody who is asked approves. The machine itself goes it. */
export function bestRun(machine: AnyStateMachine, pipeline: Pipeline): BestRun {
  const way = ordinaryWay(pipeline).map(({ name }) => name);
  const merging = pipeline.stages.filter(({ merge }) => merge !== undefined).map(({ name }) => name);
  const isLate = (stage: string) => merging.some(one => way.indexOf(stage) >= way.indexOf(one));
  const codings: Coding[] = [
    // The usual: code is written before the first merge.
    (stage, visit) => (visit === 1 && !isLate(stage) ? 'new' : 'same'),
    (stage, visit) => (visit === 1 && stage !== way.at(-1) ? 'new' : 'same'),
    (_, visit) => (visit === 1 ? 'new' : 'same'),
    () => 'same',
  ];
  const runs = codings.map(coding => run(machine, pipeline, coding));
  const isWhole = ({ isDone, runs: worked }: BestRun) => isDone && way.every(stage => worked.includes(stage));
  return runs.find(isWhole) ?? runs[0]!;
}

/** More than any pipeline has a way for. */
const longestRun = 100;

function run(machine: AnyStateMachine, pipeline: Pipeline, coding: Coding): BestRun {
  const task = begin(machine);
  const steps: Step[] = [];
  const runs: string[] = [];
  while (task.isActive() && runs.length < longestRun) {
    const stage = task.state().split('.')[0]!;
    const choices = task.choices(pipeline);
    const choice = best(choices, coding(stage, runs.filter(one => one === stage).length));
    if (choice === undefined) break;
    if (choice.event.type === `xstate.done.actor.${stage}` && task.state().includes('.working')) runs.push(stage);
    steps.push(task.take(choice));
  }
  return { isDone: task.state() === 'done', goesRound: runs.length >= longestRun, runs, steps, state: task.state() };
}

/** Nobody has to try again, send back or move what goes well. */
function best(choices: readonly Happening[], code: 'same' | 'new'): Happening | undefined {
  const well = choices.filter(({ isWell, event }) => isWell && !/^task\.(?!approve$)/.test(event.type));
  const codes = well.filter(({ event }) => event.type === 'xstate.done.actor.publish');
  const [same, other] = codes;
  if (same !== undefined) return code === 'new' ? other : same;
  return well[0];
}
