/**
 * Takes a delivery: checks who sent it before anything of it is read, reads it, finds out whom it means, and tells them;
 * delivery, events and transitions are one commit. Whoever brought it is answered after that, and once.
 */
import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../domain/json.ts';
import type { OutsideEvent, Reading } from '../domain/reading.ts';
import type { OwnAccounts, Parsed, RawDelivery, Refused, WebhookProvider } from '../integrations/webhook.ts';
import { eventsOf } from '../integrations/webhooks/events.ts';
import { webhookProviders } from '../integrations/webhooks/index.ts';
import { isUnmistakable, keptHeaders, redacted } from '../integrations/webhooks/redact.ts';
import { whyIgnored } from '../integrations/webhooks/why-ignored.ts';
import { conversationId } from '../machines/addresses.ts';
import type { DeliveryEffect, DeliveryInput, DeliveryOutcome } from '../machines/delivery.ts';
import { candidatesOf, type RoutingPlace, routeOf } from '../machines/routing.ts';
import { standingIn } from '../machines/standing.ts';
import type { Announced, Notice, Runtime } from '../runtime/index.ts';

/** Somebody who may send webhooks: a forge or tracker of the configuration. */
export interface Sender extends RoutingPlace {
  kind: WebhookProvider['kind'];
  secrets: readonly string[];
}

/** A delivery that was checked, with what it is known by. */
export interface Taken {
  id: string;
  deliveryId: string;
  outcome: DeliveryOutcome;
  reason: string | null;
  events: number;
  /** Set where it was refused after its signature was found good. */
  refused?: Refused;
}

export interface DeliveryTaker {
  runtime: Runtime;
  /** Our own account at a forge, as far as it is known by now. */
  ownAccounts(name: string): OwnAccounts;
  /** Ours, all of them: none is kept, wherever somebody has written it. */
  secrets(): readonly string[];
  now(): number;
}

/** Bytes of a body that are kept; of a larger one what was read of it is. */
const mostKept = 1_000_000;

/**
 * Takes what one of these senders has sent. Answers why it is refused when none of them has signed it; nothing is kept of
 * that, as anybody could have it kept.
 */
export async function takeDelivery(
  taker: DeliveryTaker,
  senders: readonly Sender[],
  raw: RawDelivery,
): Promise<Taken | { refused: Refused }> {
  const provider = webhookProviders[senders[0]!.kind];
  let refused: Refused = { status: 401, why: 'It is signed with no secret that is known.' };
  for (const sender of senders) {
    const signed = provider.verify(raw, sender.secrets, taker.now());
    if (!signed.ok) {
      refused = signed.refused;
      // Whoever has signed it is found, or nobody can be: the others would only not know its signature.
      if (refused.status !== 401) return { refused };
      continue;
    }
    const parsed = provider.parse(raw, signed.value);
    if (!parsed.ok) return keepRejected(taker, sender, raw, parsed.refused);
    return announceDelivery(taker, sender, raw, parsed.value);
  }
  return { refused };
}

const idOf = (sender: Sender, deliveryId: string) => `delivery:${sender.name}:${deliveryId}`;

/**
 * What was signed well and cannot be read is kept without its body: it may hold anything. It does not take the place of
 * what may come under its id later: some send the same again under the same id when a person asks for it.
 */
async function keepRejected(
  { runtime }: DeliveryTaker,
  sender: Sender,
  { headers, body }: RawDelivery,
  refused: Refused,
  known?: Parsed,
): Promise<Taken> {
  const hash = createHash('sha256').update(body).digest('hex');
  const deliveryId = known?.deliveryId ?? `body.${hash}`;
  const record = recordOf(sender, { deliveryId, meaning: known?.meaning ?? hash, event: known?.event ?? '' });
  const id = `${idOf(sender, deliveryId)}.rejected`;
  const input = { ...record, outcome: 'rejected' as const, reason: refused.why };
  const { isNew } = await runtime.announce({
    kind: 'delivery',
    id,
    source: `webhook:${sender.name}`,
    again: { type: 'delivery.repeated', meaning: record.meaning },
    notices: async () => [],
    input: () => ({ ...input, headers: keptHeaders(headers), body: null }) as unknown as Json,
  });
  const outcome = isNew ? 'rejected' : 'duplicate';
  return { id, deliveryId, outcome, reason: refused.why, events: 0, refused };
}

async function announceDelivery(
  taker: DeliveryTaker,
  sender: Sender,
  raw: RawDelivery,
  parsed: Parsed,
): Promise<Taken> {
  const provider = webhookProviders[sender.kind];
  const read = provider.read(parsed, taker.ownAccounts(sender.name));
  if (!read.ok) return keepRejected(taker, sender, raw, read.refused, parsed);
  const secrets = taker.secrets();
  // A word that somebody has chosen may well be the name of a branch, and is left in what is acted on.
  const reading = redacted(read.value, secrets.filter(isUnmistakable)) as Reading;
  const body = raw.body.length > mostKept ? null : redacted(parsed.payload, secrets);
  const kept = { headers: keptHeaders(raw.headers), body, bytes: raw.body.length };
  const id = idOf(sender, parsed.deliveryId);
  return tell(taker.runtime, { id, sender, parsed, reading, kept });
}

interface Telling {
  id: string;
  sender: RoutingPlace & Pick<Sender, 'kind'>;
  parsed: Pick<Parsed, 'deliveryId' | 'meaning' | 'event'>;
  reading: Reading;
  kept: JsonObject;
  /** Set when a person has it played again. */
  replay?: { of: string; by: string; task: string | null };
}

/** Finds out whom it means and tells them, with the record of it. */
async function tell(runtime: Runtime, telling: Telling): Promise<Taken> {
  const { id, sender, parsed, reading, kept, replay } = telling;
  const events = eventsOf(reading);
  const decision: Decision = {
    notices: [],
    told: [],
    reason: events.length === 0 ? whyIgnored(reading) : null,
    candidates: [],
  };
  const did: { effects: DeliveryEffect[]; outcome: DeliveryOutcome } = { effects: [], outcome: 'ignored' };
  const announced: Announced = await runtime.announce({
    kind: 'delivery',
    id,
    source: `webhook:${sender.name}`,
    again: { type: 'delivery.repeated', meaning: parsed.meaning },
    async notices() {
      for (const event of events) await decide(runtime, event, telling, decision);
      return decision.notices;
    },
    input(receipts) {
      did.effects = decision.told.map(({ actor, type }, index) => {
        const { outcome = 'ignored', reason = null } = receipts[index] ?? {};
        return { actor, type, outcome, reason };
      });
      did.outcome = outcomeOf(did.effects, decision);
      const record: DeliveryInput = {
        ...recordOf(sender, parsed),
        outcome: did.outcome,
        reason: did.outcome === 'accepted' ? null : decision.reason,
        reading,
        events: did.effects,
        candidates: decision.candidates,
        replays: replay?.of ?? null,
        by: replay?.by ?? null,
      };
      return { ...record, ...kept } as unknown as Json;
    },
  });
  const { deliveryId } = parsed;
  if (!announced.isNew) return { id, deliveryId, outcome: 'duplicate', reason: 'it was taken before', events: 0 };
  const reason = did.outcome === 'accepted' ? null : decision.reason;
  return { id, deliveryId, outcome: did.outcome, reason, events: did.effects.length };
}

const recordOf = (
  { kind, name }: Pick<Sender, 'kind' | 'name'>,
  { deliveryId, meaning, event }: Pick<Parsed, 'deliveryId' | 'meaning' | 'event'>,
): DeliveryInput => ({
  provider: kind,
  name,
  event,
  deliveryId,
  meaning,
  outcome: 'ignored',
  reason: null,
  reading: null,
  events: [],
  candidates: [],
  replays: null,
  by: null,
});

interface Decision {
  notices: Notice[];
  /** Whom each notice is about, and what it says, for the record. */
  told: { actor: string; type: string }[];
  reason: string | null;
  candidates: string[];
}

async function decide(runtime: Runtime, event: OutsideEvent, telling: Telling, decision: Decision): Promise<void> {
  const { sender, reading, replay, id } = telling;
  const routed = routeOf(event, reading, sender);
  if ('nothing' in routed) {
    decision.reason ??= routed.nothing;
    return;
  }
  const found = await Promise.all(routed.links.map(link => runtime.linked(link)));
  const all = candidatesOf(found.flat());
  const meant = replay?.task == null ? all : all.filter(task => task === replay.task);
  const [task, another] = meant;
  if (task === undefined && routed.intake !== null && event.type.startsWith('work.')) {
    await tellIntakes(runtime, event, telling, { ...routed.intake, decision });
  }
  if (task === undefined && decision.notices.length === 0) {
    const who = replay?.task == null ? 'no task has' : `${replay.task} is no task that has`;
    decision.reason ??= `${who} ${routed.what}`;
  } else if (task === undefined) {
    return;
  } else if (another !== undefined) {
    decision.candidates.push(...meant);
    decision.reason = `${routed.what} is that of more than one task: ${meant.join(', ')}`;
  } else {
    const dedupeKey = keyOf(event, telling);
    // What people say is read where they said it: the delivery only tells that there is something.
    const isSaid = /^(?:work|comment)\./.test(event.type);
    const row = isSaid ? await runtime.actor(task) : undefined;
    if (row !== undefined && row.status !== 'active') {
      decision.reason ??= `${task} is ${standingIn(row.tags)}; nobody listens there any more`;
      return;
    }
    const notice = isSaid
      ? { actorId: conversationId(task), event: { type: 'conversation.news' } }
      : { actorId: task, event: { ...event, delivery: id } };
    decision.notices.push({ ...notice, dedupeKey });
    decision.told.push({ actor: task, type: event.type });
  }
}

/** The same news under another id is known by what it says; what a person plays again is meant to be taken. */
const keyOf = ({ type }: OutsideEvent, { id, parsed, replay }: Telling) =>
  `${replay === undefined ? 'news' : id}:${parsed.meaning}:${type}`;

/** An item that belongs to no task yet is for whoever takes up work there. */
async function tellIntakes(
  runtime: Runtime,
  event: OutsideEvent,
  telling: Telling,
  { places, item, decision }: { places: string[]; item: string; decision: Decision },
): Promise<void> {
  const found = await Promise.all(places.map(place => runtime.linked(place)));
  for (const { actorId, isLiving } of found.flat()) {
    if (!isLiving) continue;
    const heard = { type: 'intake.heard', item };
    decision.notices.push({ actorId, event: heard, dedupeKey: keyOf(event, telling) });
    decision.told.push({ actor: actorId, type: event.type });
  }
}

function outcomeOf(effects: readonly DeliveryEffect[], { candidates }: Decision): DeliveryOutcome {
  if (candidates.length > 0) return 'ambiguous';
  if (effects.length === 0) return 'ignored';
  return effects.every(({ outcome }) => outcome === 'duplicate') ? 'duplicate' : 'accepted';
}

/** What a stored delivery is played again from. */
export interface Stored {
  id: string;
  sender: RoutingPlace & Pick<Sender, 'kind'>;
  parsed: Pick<Parsed, 'deliveryId' | 'meaning' | 'event'>;
  reading: Reading;
}

/** Tells whom a stored delivery means by now, or the task that a person has chosen; a record of its own. */
export function replayDelivery(
  runtime: Runtime,
  { id, ...stored }: Stored,
  { by, task, number }: { by: string; task: string | null; number: number },
): Promise<Taken> {
  const kept = { headers: {}, body: null, bytes: 0 };
  return tell(runtime, {
    ...stored,
    id: `${id}.replay${number}`,
    kept,
    replay: { of: id, by, task },
  });
}
