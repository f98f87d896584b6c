/** What several figures are made of. */
import { type Spread, shareOf } from '../../domain/statistics.ts';
import { addTokens, noTokens, roundUsd } from '../../domain/usage.ts';
import type { GateFacts } from './gates.ts';
import { sumOf } from './groups.ts';
import type { UsageFacts } from './usage.ts';

/** Of values in milliseconds. */
export const inMs = ({ count, median, p90, mean, total }: Spread) => ({
  ...{ count, medianMs: median, p90Ms: p90, meanMs: mean, totalMs: total },
});

/** A verdict that could not be given says nothing of the code, so it is no part of the rate. */
export function verdictsOf(all: readonly Pick<GateFacts, 'pass' | 'fail' | 'inconclusive'>[]) {
  const pass = sumOf(all, one => one.pass);
  const fail = sumOf(all, one => one.fail);
  return { pass, fail, inconclusive: sumOf(all, one => one.inconclusive), passRate: shareOf(pass, pass + fail) };
}

export const spentOf = (all: readonly UsageFacts[]) => ({
  ...all.reduce((tokens, one) => addTokens(tokens, one.tokens), noTokens),
  costUsd: costOf(all),
  runs: sumOf(all, ({ runs }) => runs),
  sessions: sumOf(all, ({ sessions }) => sessions),
  workedMs: sumOf(all, ({ workedMs }) => workedMs),
  unpriced: sumOf(all, ({ unpriced }) => unpriced),
});

/** Null where nothing is known; what is unknown beside something known counts as nothing. */
export const costOf = (all: readonly { costUsd: number | null }[]): number | null =>
  all.every(({ costUsd }) => costUsd === null) ? null : roundUsd(sumOf(all, ({ costUsd }) => costUsd ?? 0));
