/**
 * Keeps requests within what a server allows in a minute. Whoever wants to ask waits in line for a turn: work goes before
 * sweeps, and sweeps leave a part of every minute to work, so that reading everything again holds up nothing that matters.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { OutsideError } from '../outside.ts';
import { failureOf, retryAtOf } from './failure.ts';

/** `work` waits for an answer, `sweep` reads what nobody waits for. */
export type Urgency = 'work' | 'sweep';

export interface Pace {
  /** Resolves when a request may go out. Throws `limited` instead of waiting for more than 90 seconds. */
  turn(urgency: Urgency): Promise<void>;
  /** Takes in what an answer says about the limit. */
  heed(answer: { status: number; headers: Headers }): void;
}

export interface PaceOptions {
  /** As the configuration calls the server; messages begin with it. */
  name: string;
  /** Requests in any 60 seconds; null for as many as the server takes. */
  perMinute: number | null;
  /** For tests: the clock, in epoch milliseconds, and how to wait for it. */
  now?: () => number;
  sleep?: (ms: number) => Promise<unknown>;
}

const windowMs = 60_000;
const longestWaitMs = 90_000;
/** What sweeps may use of a minute. */
const sweepShare = 0.75;

export function createPace({ name, perMinute, now = Date.now, sleep = sleepFor }: PaceOptions): Pace {
  const limits: Readonly<Record<Urgency, number>> = {
    work: perMinute ?? Number.POSITIVE_INFINITY,
    sweep: perMinute === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(perMinute * sweepShare)),
  };
  /**
   * Requests of the last minute, oldest first. When it arrived is the server's to say, and some are on their way for longer
   * than others: each counts from its answer on, before which it must have arrived.
   */
  const sent: { at: number; isAnswered: boolean }[] = [];
  const lines: Readonly<Record<Urgency, symbol[]>> = { work: [], sweep: [] };
  let notBefore = 0;

  const forgetOld = () => {
    const old = sent.findIndex(({ at }) => at > now() - windowMs);
    sent.splice(0, old === -1 ? sent.length : old);
  };

  /** When somebody in line may go, as far as it is known now: those before him go first. */
  const turnOf = (urgency: Urgency, me: symbol): number => {
    forgetOld();
    const before = lines[urgency].indexOf(me) + (urgency === 'sweep' ? lines.work.length : 0);
    const goes = (place: number): number => {
      if (place < 0) return 0;
      return place < sent.length
        ? sent[place]!.at + windowMs
        : Math.max(now(), goes(place - limits[urgency])) + windowMs;
    };
    return Math.max(notBefore, goes(sent.length + before - limits[urgency]));
  };

  return {
    async turn(urgency) {
      const me = Symbol(urgency);
      const latest = now() + longestWaitMs;
      lines[urgency].push(me);
      try {
        for (let at = turnOf(urgency, me); at > now(); at = turnOf(urgency, me)) {
          if (at > latest) throw tooFar(name, at);
          await sleep(at - now());
        }
        sent.push({ at: now(), isAnswered: false });
      } finally {
        lines[urgency].splice(lines[urgency].indexOf(me), 1);
      }
    },
    heed({ status, headers }) {
      const left = headers.get('x-ratelimit-remaining')?.trim();
      // Whose answer it is makes no difference: there are as many of them as there are answers.
      const first = sent.findIndex(({ isAnswered }) => !isAnswered);
      if (first !== -1) sent.push(...sent.splice(first, 1).map(() => ({ at: now(), isAnswered: true })));
      if (failureOf(status, headers) === 'limited') {
        notBefore = Math.max(notBefore, retryAtOf(headers, now()) ?? now() + windowMs);
      } else if (perMinute === null) {
        if (left === '0') notBefore = Math.max(notBefore, retryAtOf(headers, now()) ?? 0);
      } else {
        // Others use the same token: what they took of the minute is gone for us as well. When it resets is no help, for
        // Plane names the end of a minute that begins with each answer.
        forgetOld();
        if (left)
          while (sent.length < perMinute - Math.max(0, Number(left))) sent.push({ at: now(), isAnswered: true });
      }
    },
  };
}

const tooFar = (name: string, retryAt: number) =>
  new OutsideError('limited', `${name} allows no more requests before ${new Date(retryAt).toISOString()}.`, {
    retryAt,
  });
