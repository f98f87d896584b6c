/** What the document says of the API as a whole. */
import type { JsonObject } from '../../domain/json.ts';

export const about = `What can be asked of Signalbox.

**Failures** are problem documents (RFC 9457). \`reason\` is their stable name; \`x-reasons\` of a response lists those that it can have. A
method that a path does not take is answered with 405 \`badMethod\`, a path that there is not with 404 \`unknownOperation\`.

**Roles.** \`x-role\` is the least role that may ask: \`viewer\`, \`operator\` and \`admin\`, each of whom may what those before may.

**Orders that are given twice.** Under the same \`Idempotency-Key\` an order is carried out once, and answered again with the same answer.

**HEAD** is taken wherever GET is, except where the answer comes bit by bit.

What has a media type of its own, such as a drawing, is answered as that; whoever accepts \`application/vnd.signalbox+json\` is given it as a
field of a JSON document.`;

export const securitySchemes: JsonObject = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'A token of `token.create`, of the configuration, or `SIGNALBOX_API_TOKEN`. It is never taken out of an address. While no ' +
      'token was ever made, programs of the machine itself ask without one, as operator.',
  },
};

const means: Record<string, string> = {
  task: 'What people want done, each a state machine that lives on',
  agent: 'Agent runs: attempts at a stage of a task, and what they print',
  queue: 'The worker: what runs, what waits and why',
  board: 'Tasks as cards, for whoever shows many at once',
  status: 'What goes on, briefly',
  figures: 'How long work takes, what comes back and what it costs',
  lease: 'Who may merge into which branch',
  breaker: 'What stops the calls of a provider that keeps failing',
  forge: 'The servers that hold repositories',
  tracker: 'Where work items are kept',
  intake: 'What was taken up from trackers, and what was left alone',
  drift: 'What trackers and tasks say differently',
  chat: 'Where people are told',
  routine: 'Recurring work',
  deadLetter: 'Events and actions that wait for a person',
  delivery: 'What came from forges and trackers, and what it did',
  token: 'Who may ask over a network',
  events: 'What happens, as it happens',
  machine: 'The state machines by which everything goes',
  pipeline: 'The stages that a task goes through',
  config: 'What is configured',
  data: 'The database: whether it is whole, copies of it, and what is removed',
  service: 'The service itself',
};

/** The tags that are used, each with what it is for. */
export function tagsOf(paths: Record<string, Record<string, JsonObject>>): JsonObject[] {
  const used = Object.values(paths).flatMap(path => Object.values(path).flatMap(({ tags }) => tags as string[]));
  return [...new Set(used)].map(name => ({ name, ...(means[name] !== undefined && { description: means[name] }) }));
}
