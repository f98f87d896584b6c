/** What an agent may ask for by a file, as it has no way to a forge of its own. */
import { z } from 'zod';

const text = (longest: number) => z.string().trim().min(1).max(longest);

/** One file, one request. */
export const agentRequest = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('comment'), text: text(10_000) }),
  z.strictObject({ kind: z.literal('question'), text: text(4_000) }),
  z.strictObject({
    kind: z.literal('issue'),
    title: text(200).refine(title => !/\p{Cc}/u.test(title), 'one line'),
    body: z.string().max(20_000).default(''),
    labels: z.array(text(50)).max(10).default([]),
  }),
  z.strictObject({ kind: z.literal('label'), labels: z.array(text(50)).min(1).max(10) }),
]);
export type AgentRequestOrder = z.output<typeof agentRequest>;

/** The folder of requests, inside the documents of a task; one JSON file each. */
export const requestFolder = 'requests';
/** Files that are read of a round, and the bytes of one, at the most. */
export const mostRequestFiles = 10;
export const largestRequestBytes = 32 * 1024;
