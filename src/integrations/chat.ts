/**
 * The contract of a chat: where people hear of what happens. One that is away throws `OutsideError`, as all that is outside.
 */

import type { Notice } from '../domain/notice.ts';

export type { Notice, Severity } from '../domain/notice.ts';

export type ChatKind = 'telegram' | 'slack' | 'discord' | 'email' | 'webhook';

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
  /**
   * Says to whoever has pressed a button what became of it, and takes the buttons away, unless others are still to press
   * them.
   */
  answerPress?(press: Press, text: string, options?: { keepsButtons?: boolean }): Promise<void>;
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
