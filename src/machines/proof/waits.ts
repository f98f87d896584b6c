/** For whom a task of a pipeline waits, wherever it rests, and until when. */
import { formatDuration } from '../../domain/duration.ts';
import type { MachineGraph, Place } from '../graph.ts';
import { type Gate, type Pipeline, patienceOf } from '../pipeline.ts';
import { stageAt } from '../standing.ts';
import { gateChild } from '../task/context.ts';

/** One owner of waits, with the states in which it is waited for. */
export interface Wait {
  /** In words: `a person`, `the gate tests`. */
  owner: string;
  /** When it is over at the latest, in words; null where nothing ends it but its owner. */
  until: string | null;
  at: string[];
}

/** All of them; those that have the same owner and the same end are one. */
export function waitsOf({ places }: MachineGraph, pipeline: Pipeline): Wait[] {
  const waits = new Map<string, Wait>();
  for (const place of places.values()) {
    if (place.isFinal || place.isPassing) continue;
    for (const { owner, until } of ownersOf(place, pipeline)) {
      const key = `${owner}\0${until}`;
      const wait = waits.get(key) ?? { owner, until, at: [] };
      waits.set(key, wait);
      wait.at.push(place.path);
    }
  }
  return [...waits.values()];
}

type Owned = Omit<Wait, 'at'>;

/** What is invoked besides agents and gates, by its name in the machine. */
const work: Record<string, string> = {
  prepare: 'git and the set-up of the worktree',
  publish: 'git, which commits what the agent has left',
  push: 'the forge, to which the branch is brought',
  update: 'git, which brings in what the target has',
  merge: 'git or the forge, which merges',
  baseline: 'the commands of gates, on the target',
  lookAtBlockers: 'a look at what it waits for',
};

function ownersOf({ path, tags, invokes, children, hasDeadline }: Place, pipeline: Pipeline): Owned[] {
  const stage = pipeline.stages.find(({ name }) => name === stageAt(path));
  const owners: Owned[] = [];
  for (const src of invokes) {
    if (src === 'agentRun' && stage !== undefined) {
      const limit = formatDuration(stage.run.timeLimit);
      owners.push({ owner: 'the agent of the stage, once it has a place', until: `${limit} for each process` });
    } else if (src in work) owners.push({ owner: work[src]!, until: null });
  }
  for (const gate of pipeline.stages.flatMap(({ gates }) => gates))
    if (children.includes(gateChild(gate.name))) owners.push(ownerOf(gate));
  if (tags.includes('lease')) owners.push({ owner: 'the task that merges before it', until: null });
  if (['person', 'blocked', 'paused'].some(tag => tags.includes(tag))) owners.push({ owner: 'a person', until: null });
  if (owners.length > 0) return owners;
  if (hasDeadline && tags.includes('blockers')) return [{ owner: 'what has to be done before it', until: null }];
  const tries = `${pipeline.forgeTries} tries, then a person`;
  return hasDeadline ? [{ owner: 'the forge, which is away', until: tries }] : [];
}

function ownerOf(gate: Gate): Owned {
  const patience = patienceOf(gate);
  if (patience !== null) return { owner: `the gate ${gate.name}, at the forge`, until: formatDuration(patience) };
  if (gate.kind === 'command')
    return { owner: `the gate ${gate.name}`, until: `${formatDuration(gate.timeout)} for each try` };
  return { owner: 'gates that know at once', until: null };
}
