/** A notice in the HTML of Telegram. */
import type { Notice } from '../../chat.ts';
import { OutsideError } from '../../outside.ts';
import { html, joiner, oneLine, within } from '../text.ts';
import { answeringOf, heldBackOf, markOf, reasonOf, signOf, titleOf } from '../words.ts';

const longestMessage = 4_096;
const longestTitle = 400;
const longestLabel = 64;
/** Of what a button carries, in bytes. */
const longestData = 64;

/** Everything of `sendMessage` but the chat. */
export function messageOf(notice: Notice) {
  return {
    text: textOf(notice),
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
    ...(notice.buttons.length > 0 ? { reply_markup: { inline_keyboard: [notice.buttons.map(toButton)] } } : {}),
  };
}

/** The reason stands in a block of code: what is there is never made a mention, a link, a tag or a command. */
function textOf(notice: Notice): string {
  const title = `<b>${within(longestTitle, `${signOf(notice)} ${titleOf(notice)}`, inert)}</b>`;
  const last = [heldBackOf(notice), [answerOf(notice), markOf(notice)].filter(Boolean).join(' ')].filter(Boolean);
  // Telegram counts without the markup; counting it too is on the safe side.
  const room = longestMessage - [title, '<pre></pre>', ...last].join('\n').length;
  const reason = within(room, reasonOf(notice), html);
  return [title, ...(reason ? [`<pre>${reason}</pre>`] : []), ...last].join('\n');
}

function answerOf(notice: Notice): string {
  const answering = answeringOf(notice);
  if (!answering) return '';
  return 'link' in answering ? html(answering.link) : `<code>${html(answering.command)}</code>`;
}

/** Telegram makes mentions, tags, commands and links of what looks like them, whatever the mode. */
const inert = (text: string) => html(text.replace(/[@#$/.]/g, sign => sign + joiner));

function toButton({ label, verb, token }: Notice['buttons'][number]) {
  const data = `${verb}:${token}`;
  if (Buffer.byteLength(data) > longestData) {
    throw new OutsideError('invalid', `A button of Telegram carries ${longestData} bytes, and ${verb} has more.`);
  }
  return { text: within(longestLabel, oneLine(label)) || verb, callback_data: data };
}
