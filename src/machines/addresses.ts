/** The ids of the actors that all others know by name. */

/** Decides which run starts next. There is one. */
export const workerId = 'worker';

/** Who stops runs for lack of room; an author, not an actor. */
export const hostId = 'host';

/** Removes what ended long ago. There is at most one. */
export const janitorId = 'janitor:data';

/** Compares tasks with their forge. */
export const reconcilerId = (forge: string) => `reconciler:${forge}`;

/** Guards a provider. */
export const breakerId = (provider: string) => `breaker:${provider}`;

/** Checks whether an agent can be started. */
export const preflightId = (agent: string) => `preflight:${agent}`;

/** Listens to what people say of a task. */
export const conversationId = (taskId: string) => `conversation:${taskId}`;

/** Takes up work of a project from one place of a tracker. */
export const intakeId = (project: string, tracker: string, place: string) => `intake:${project}:${tracker}:${place}`;

/** Orders work again and again. */
export const routineId = (name: string) => `routine:${name}`;

/** Tells people what happens. There is at most one. */
export const notifierId = 'notifier';

/** Holds what is known of a token. */
export const tokenId = (name: string) => `token:${name}`;

/** What was ordered under a key. `hash` is one of the key and of who gave it. */
export const orderId = (hash: string) => `order:${hash}`;
