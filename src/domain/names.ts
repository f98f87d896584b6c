/** Names that come from outside and end up in paths, branches and ids: what is safe, and how text is made safe. */
import { SignalboxError } from './errors.ts';

const idPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const reserved = ['worker', 'notifier'];
const idRule = 'use 1 to 64 letters, digits, "-" or "_", beginning with a letter or digit (for example ET-003)';

/** Checks an id that becomes part of paths and git refs. Throws `invalid` with the rule. */
export function checkId(id: string, what: string): string {
  if (!idPattern.test(id) || reserved.includes(id)) {
    throw new SignalboxError('invalid', 'badId', `${what} ${quote(id)} cannot be used: ${idRule}.`);
  }
  return id;
}

const branchPattern = /^(?!-)(?!.*(?:\.\.|\/\/|@\{|\/\.|\.lock(?:\/|$)))[^\p{Cc}\s~^:?*[\\]{1,200}$/u;

/** Checks a branch name against git's own rules (git-check-ref-format), before git is asked. Throws `invalid`. */
export function checkBranch(name: string, what: string): string {
  const isBad = !branchPattern.test(name) || /^[./]|[./]$/.test(name) || name === '@' || name === 'HEAD';
  if (isBad) throw new SignalboxError('invalid', 'badBranch', `${what} ${quote(name)} is not a valid branch name.`);
  return name;
}

/** What git calls a branch of a forge in the local repository: agents may merge it. */
export const trackingName = (forge: string, branch: string) => `signalbox/${forge}/${branch}`;

/** The full name of a branch, whether it is a local one or one of a forge. */
export const refOf = (branch: string, forge: string | null = null) =>
  forge === null ? `refs/heads/${branch}` : `refs/remotes/${trackingName(forge, branch)}`;

/** The name of the status that shows a gate's verdict at a commit of a forge. */
export const statusName = (gate: string) => `signalbox/${gate}`;

/** Whether a check of a forge is a status of ours: nobody's verdict, and no news. */
export const isOwnStatus = (name: string) => name.startsWith('signalbox/');

/** Whether people mean the same by two names: they are not careful about case and blanks. */
export const isSameName = (one: string, other: string): boolean =>
  one.trim().toLowerCase() === other.trim().toLowerCase();

/** Characters of a title, at the most. */
export const longestTitle = 300;

/** Checks a title: one line of readable text. Throws `invalid`. */
export function checkTitle(title: string): string {
  const trimmed = title.trim();
  if (trimmed === '') {
    throw new SignalboxError('invalid', 'badTitle', 'The title is empty; say in a few words what is wanted.', {
      remedy: { say: 'give one', field: 'title' },
    });
  }
  if (trimmed.length > longestTitle) {
    throw new SignalboxError(
      'invalid',
      'badTitle',
      `The title has ${trimmed.length} characters; ${longestTitle} are allowed. Put the rest into the body.`,
    );
  }
  if (/\p{Cc}/u.test(trimmed)) {
    throw new SignalboxError(
      'invalid',
      'badTitle',
      'The title holds control characters or line breaks; put them into the body.',
    );
  }
  return trimmed;
}

/** A short piece of a title that is safe in a branch name; empty when nothing of it is. */
export function slugOf(title: string): string {
  return title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
}

/** Text from outside inside a message: quoted, with control characters shown, and short. */
export function quote(text: string): string {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return shown.replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
