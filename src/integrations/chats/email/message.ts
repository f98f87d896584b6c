/** A notice as a mail. Where a repeat has arrived already, the server or the reader's program knows it by its Message-ID. */
import { createHash } from 'node:crypto';
import type { Notice } from '../../chat.ts';
import { html, within } from '../text.ts';
import { answeringOf, heldBackOf, reasonOf, titleOf } from '../words.ts';

const longestSubject = 200;
const longestReason = 20_000;

export function mailOf(notice: Notice, { from, to }: { from: string; to: string[] }) {
  const thread = threadOf(notice, from);
  return {
    from,
    to,
    subject: `[signalbox] ${within(longestSubject, titleOf(notice))}`,
    date: new Date(notice.at),
    messageId: idOf(notice.id, from),
    inReplyTo: thread,
    references: thread,
    ...(notice.severity === 'critical' ? { priority: 'high' as const } : {}),
    headers: {
      'X-Signalbox-Notice': notice.id,
      // Nobody who is away answers to it.
      'Auto-Submitted': 'auto-generated',
    },
    text: textOf(notice),
    html: htmlOf(notice),
  };
}

function textOf(notice: Notice): string {
  const answering = answeringOf(notice);
  const answer = !answering ? '' : 'link' in answering ? answering.link : `    ${answering.command}`;
  const parts = [titleOf(notice), within(longestReason, reasonOf(notice)), heldBackOf(notice), answer];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function htmlOf(notice: Notice): string {
  const reason = within(longestReason, reasonOf(notice), html);
  const heldBack = heldBackOf(notice);
  const answering = answeringOf(notice);
  const answer = !answering
    ? ''
    : 'link' in answering
      ? `<p><a href="${html(answering.link)}">${html(answering.link)}</a></p>`
      : `<p><code>${html(answering.command)}</code></p>`;
  return [
    `<p><b>${html(titleOf(notice))}</b></p>`,
    reason && `<pre style="white-space: pre-wrap">${reason}</pre>`,
    heldBack && `<p>${html(heldBack)}</p>`,
    answer,
  ]
    .filter(Boolean)
    .join('\n');
}

/** What all notices on one subject answer to: a mail that never was, by which programs keep them together. */
const threadOf = ({ subject }: Notice, from: string) =>
  idOf(`about-${createHash('sha256').update(subject).digest('hex').slice(0, 32)}`, from);

const idOf = (what: string, from: string) => `<signalbox.${what}@${domainOf(from)}>`;

const domainOf = (from: string) => /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
