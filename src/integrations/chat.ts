/**
 * The contract of a chat: where people hear of what happens. One that is away throws `OutsideError`, as all that is outside.
 */

export type ChatKind = 'telegram' | 'slack' | 'discord' | 'email' | 'webhook';

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** Something to hear of. */
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

/** Somebody has pressed a button. */
export interface Press {
  id: string;
  verb: 'approve' | 'reject';
  token: string;
  /** Who it was at the chat: the id that does not change, and the name for people. */
  by: { id: string; name: string };
  /** Epoch milliseconds; of the message, where the chat does not tell it of the press. */
  at: number;
}

export interface Chat {
  readonly kind: ChatKind;
  /** As the configuration calls it. */
  readonly name: string;
  /** Sends a notice. What cannot be sent however often it is tried is `invalid`, `forbidden` or `notFound`. */
  send(notice: Notice): Promise<void>;
  /** Whether it can be used, without anybody hearing of it. Throws why not. Answers who we are there, for people. */
  check(): Promise<string>;
  /**
   * Waits for presses of buttons, at most `waitMs`, and answers them with what to ask for next. Only where there are
   * buttons. What was answered and not asked beyond is given again.
   */
  presses?(
    cursor: string | null,
    options: { waitMs: number; signal: AbortSignal },
  ): Promise<{ presses: Press[]; cursor: string | null }>;
  /** Says to whoever has pressed a button what became of it. */
  answerPress?(press: Press, text: string): Promise<void>;
}

/** What every client is made from; which of them it needs depends on its kind. */
export interface ChatOptions {
  name: string;
  /** Of the server or the webhook; `smtp://host:port` or `smtps://` for mail. */
  url: string;
  /** A bot's token, the secret with which a webhook is signed, the password of a mail account; null where there is none. */
  token: string | null;
  /** The chat of Telegram, the receivers of mail. */
  to: string[];
  /** The sender of mail, and the account it signs in with. */
  from: string | null;
  user: string | null;
  fetch?: typeof globalThis.fetch;
  timeoutMs?: number;
}
