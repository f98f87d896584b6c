/** Something that people hear of in a chat. */

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

export interface Notice {
  /** The same at every attempt, and for no other notice: by it a repeat is recognised. Letters, digits and `-`. */
  id: string;
  /** What happened, as a name: `task.needsPerson`, `breaker.opened`. */
  event: string;
  severity: Severity;
  /** Whom it is about: a task, a breaker. */
  subject: string;
  /** What happened, in a line. */
  title: string;
  /** Why, in a few lines of plain text; may be empty. What it says comes from outside too. */
  text: string;
  /** Where it is seen and answered; null where no address is known. */
  url: string | null;
  /** The command that answers it; null where there is none. */
  command: string | null;
  /** What may be answered by a button, where the chat has any. `token` is at most 48 characters of `A-Za-z0-9_.-`. */
  buttons: { label: string; verb: 'approve' | 'reject'; token: string }[];
  /** Epoch milliseconds. */
  at: number;
  /** Notices like this one that were held back since the last. */
  heldBack: number;
}
