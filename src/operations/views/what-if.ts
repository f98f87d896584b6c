/** What would come of an event, for people and programs. */
import { z } from 'zod';
import { nameOf as guardName } from '../../machines/drawing/drawing.ts';
import { eventName } from '../../machines/graph.ts';
import { type GuardAnswer, guardsAt } from '../../machines/guards.ts';
import { personEvents, stageIn, standingIn, standings, taskTags } from '../../machines/standing.ts';
import { guardMeans } from '../../machines/task/guard-words.ts';
import { nextPlayer, startingOf } from '../../machines/task/starting.ts';
import { sayingsAt, whyOf } from '../../machines/words.ts';
import type { Rehearsal, Rehearsed } from '../../runtime/index.ts';
import { statePath } from '../../runtime/stepper.ts';
import type { PaperEvent } from '../paper-event.ts';

const player = { agent: z.string().describe('its name'), model: z.string().nullable(), stage: z.string() };

const starting = z.object({
  id: z.string().describe('by which the task knows it'),
  src: z.string().describe('what it is, as the machine calls it'),
  says: z.string().describe('the same in words'),
  agent: player.agent.optional(),
  model: player.model.optional(),
  stage: player.stage.optional(),
  gate: z.string().optional().describe('the gate that it judges'),
});

const guardView = z.object({
  event: z.string().describe('in the words of the machine: `task.approve`, `done prepare`, `always`'),
  from: z.string().describe('the state that it leaves, its own or one around it; empty for the outermost'),
  target: z.string().nullable().describe('where it leads; null where it leads nowhere'),
  guard: z.string(),
  holds: z.boolean().nullable().describe('null where that cannot be said without the fields of the event'),
  means: z.string().nullable().describe('what is so where it holds'),
});

export const whatIfView = z.lazy(() =>
  z.object({
    id: z.string(),
    seq: z.int().describe('the entry of its log after which it stands so'),
    state: z.string().describe('where it stands'),
    event: z.string().nullable().describe('the event, as its machine knows it'),
    missing: z.array(z.string()).describe('fields of the event that were not given; a sample stands in for them'),
    isTaken: z.boolean().describe('whether it would do something'),
    reason: z.string().nullable().describe('why it would change nothing'),
    to: z.string().describe('where it would come to rest'),
    standing: z.enum(standings).describe('what that means'),
    stage: z.string(),
    why: z.string().nullable().describe('why it would be there'),
    headline: z.string().nullable().describe('what would have happened, in a few words'),
    next: z.object(player).nullable().describe('who works there next, where an agent is about to'),
    steps: z
      .array(z.object({ event: z.string(), from: z.string(), to: z.string(), guard: z.string().nullable() }))
      .describe('the transitions that it is made of, in order'),
    starts: z.array(starting).describe('what would be started; what comes of it is not known yet'),
    stops: z.array(z.object({ id: z.string(), src: z.string() })).describe('what would be ended'),
    does: z.array(z.string()).describe('actions that would be carried out outside'),
    sends: z
      .array(z.object({ to: z.string(), event: z.string() }))
      .describe('what other actors would be told; their ids'),
    deadlines: z.array(z.object({ name: z.string(), afterMs: z.number() })).describe('deadlines that would begin'),
    guards: z.array(guardView).describe('what the guards say that stand before it now'),
  }),
);
export type WhatIf = z.output<typeof whatIfView>;

/** What would come of the event at `at`; without one, how the task stands. */
export function whatIf(id: string, rehearsal: Rehearsal, asked: PaperEvent | undefined, at: number): WhatIf {
  const { machine, snapshot, seq } = rehearsal;
  const answers = guardsAt(snapshot, { asked, events: personEvents, means: guardMeans });
  const rehearsed = asked === undefined ? nothing(rehearsal) : rehearsal.take({ ...asked.event, at });
  const { snapshot: after } = rehearsed;
  const own = answers.filter(({ eventType }) => eventType === asked?.event.type);
  const missing = [...new Set([...(asked?.missing ?? []), ...own.flatMap(({ lacks }) => lacks ?? [])])];
  const isTaken = rehearsed.outcome === 'applied' && asked !== undefined;
  const to = statePath(after.value);
  const tags = taskTags(after);
  return {
    id,
    seq,
    state: statePath(snapshot.value),
    event: asked?.event.type ?? null,
    missing,
    isTaken,
    reason: isTaken || asked === undefined ? null : reasonOf(rehearsed, own, missing),
    to,
    standing: standingIn(tags),
    stage: stageIn(tags),
    why: whyOf(machine, after) ?? null,
    headline: sayingsAt(machine, to).headline ?? null,
    next: nextPlayer(machine, after),
    steps: stepsOf(rehearsal, rehearsed),
    ...consequencesOf(rehearsed),
    guards: answers.map(({ event, from, target, guard, holds, means }) => ({
      ...{ event, from, target, guard, holds, means },
    })),
  };
}

const nothing = ({ snapshot }: Rehearsal): Rehearsed => ({
  ...{ outcome: 'ignored', reason: null, snapshot, microsteps: [], consequences: [] },
});

/** Why it would change nothing: what the runtime says, and which guard stands in the way. */
function reasonOf({ outcome, reason }: Rehearsed, own: readonly GuardAnswer[], missing: readonly string[]): string {
  const needs = `it needs ${missing.map(field => `"${field}"`).join(', ')}`;
  const isOpen = own.some(({ lacks }) => lacks !== null);
  if (outcome === 'rejected') return missing.length > 0 ? needs : `its machine refuses it: ${reason}`;
  if (isOpen) return needs;
  const said = (how: string) => (it: GuardAnswer) => `${it.guard} ${how}${it.means === null ? '' : ` (${it.means})`}`;
  const barring = own.filter(({ isVoid, holds }) => isVoid && holds === true).map(said('holds'));
  const refusing = own.filter(({ isVoid, holds }) => !isVoid && holds === false).map(said('does not hold'));
  return [reason, ...(barring.length > 0 ? barring : refusing)].join('; ');
}

/** A transition that leads nowhere and does nothing is no step. */
function stepsOf({ snapshot }: Rehearsal, { microsteps }: Rehearsed): WhatIf['steps'] {
  let from = statePath(snapshot.value);
  return microsteps.flatMap(({ transitions, snapshot: after }) => {
    const [first] = transitions.filter(({ target, actions }) => target !== undefined || actions.length > 0);
    if (first === undefined) return [];
    const step = { event: eventName(String(first.eventType)), from, to: statePath(after.value) };
    from = step.to;
    return [{ ...step, guard: first.guard === undefined ? null : guardName(first.guard) }];
  });
}

function consequencesOf({
  consequences,
}: Rehearsed): Pick<WhatIf, 'starts' | 'stops' | 'does' | 'sends' | 'deadlines'> {
  const of = <Type extends (typeof consequences)[number]['type']>(type: Type) =>
    consequences.filter((it): it is Extract<(typeof consequences)[number], { type: Type }> => it.type === type);
  const born = of('spawn').map(({ ref }) => ref);
  const gone = of('stop').map(({ ref }) => ref);
  return {
    // What is started and stopped in the same step never was.
    starts: of('spawn')
      .filter(({ ref }) => !gone.includes(ref))
      .map(({ childId, src, input }) => startingOf({ id: childId, src, input })),
    stops: of('stop')
      .filter(({ ref }) => !born.includes(ref))
      .map(({ childId, src }) => ({ id: childId, src })),
    does: [...new Set(of('effect').map(({ name }) => name))],
    sends: of('send').flatMap(({ target, event }) => {
      if (target.type === 'actor') return [{ to: target.actorId, event: event.type }];
      return target.type === 'child' ? [{ to: target.ref, event: event.type }] : [];
    }),
    deadlines: of('delay').map(({ event, delayMs }) => ({ name: eventName(event.type), afterMs: delayMs })),
  };
}
