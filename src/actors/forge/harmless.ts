/**
 * Text of work items and agents, as it is shown at a forge in our own name: it reads the same, but mentions nobody, closes
 * nothing, orders nothing and is no mark of ours. A character without width stands where something would be recognised.
 */

const gap = '\u200b';

/** What a forge does with an issue when a commit or a pull request says so. */
const closing =
  /\b(clos|fix|resolv|implement|reopen)(e[sd]?|ed|es|s|ing)?(?=[\s\S]{0,80}?(?:[#!]\d|\bGH-\d|https?:\/\/|\b[A-Z][A-Z0-9_]+-\d))/gi;

/** A sign of these written as its entity: forges look for mentions in what is shown. */
const asEntity = /&(?=(?:commat|num|excl|lt|colon|sol|#0*(?:64|35|33|60|58|47)|#x0*(?:40|23|21|3c|3a|2f))\b)/gi;

export const harmless = (text: string): string =>
  text
    .replace(asEntity, `&${gap}`)
    .replaceAll('@', `@${gap}`)
    .replaceAll('<!--', `<${gap}!--`)
    .replace(closing, (word: string) => word[0] + gap + word.slice(1))
    .replace(/([#!])(?=\d)/g, `$1${gap}`)
    // What would be a command at the start of a line is none any more.
    .replace(/^(\s*)([:/])/gm, `$1${gap}$2`);

/** The same in one line, for titles. */
export const harmlessTitle = (text: string): string => harmless(text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim());
