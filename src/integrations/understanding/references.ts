/** How items are named in a text: `#12`, `!7`, `ET-3`, `acme/shop#4`, or the address of their page. */

const longestReference = 300;

/** Letters and digits in front of a name or behind it make it part of something else. */
const before = String.raw`(?<![\p{L}\p{N}_./&#!-])`;
const after = String.raw`(?![\p{L}\p{N}_]|-[\p{L}\p{N}])`;
const count = String.raw`[1-9]\d{0,8}`;
const address = String.raw`https?:\/\/[^\s<>()"'\x60[\]\\]{1,${longestReference}}`;
const place = String.raw`[\w.-]{1,100}(?:\/[\w.-]{1,100}){1,8}[#!]${count}`;
const key = String.raw`\p{Lu}[\p{Lu}\p{N}]{0,11}-${count}`;

/** An address comes first, because the others may be part of one. */
const reference = `${before}(?:${address}|(?:${place}|[#!]${count}|${key})${after})`;
const anywhere = new RegExp(reference, 'gu');
const here = new RegExp(reference, 'uy');
const whole = new RegExp(`^${reference}$`, 'u');

/** All references in a text, each once. Takes time in proportion to the text, whatever is in it. */
export function referencesIn(text: string): Set<string> {
  const found = new Set<string>();
  for (const [written] of text.matchAll(anywhere)) {
    const name = checked(written);
    if (name !== null) found.add(name);
  }
  return found;
}

/** The reference that a text is, with nothing around it; null when it is none. */
export function asReference(text: string): string | null {
  const name = whole.test(text) ? checked(text) : null;
  return name === text ? name : null;
}

/** The reference that begins at a place in a text; null when none does. */
export function referenceAt(text: string, index: number): string | null {
  here.lastIndex = index;
  const written = here.exec(text)?.[0];
  return written === undefined ? null : checked(written);
}

function checked(written: string): string | null {
  const name = written.startsWith('http') ? withoutStop(written) : written;
  if (name.length > longestReference) return null;
  return name.startsWith('http') && !isPageOfItem(name) ? null : name;
}

/** What ends the sentence around an address is no part of it. */
const withoutStop = (written: string) => written.replace(/[.,;:!?*_]{1,10}$/, '');

/** As forges and Plane address an item: by its number, its key or its id. */
const page =
  /\/(?:issues|pulls?|merge_requests|work_items|work-items)\/(?:[1-9]\d{0,8}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/?$|\/browse\/[A-Z][A-Z0-9]{0,11}-[1-9]\d{0,8}\/?$/;

function isPageOfItem(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { pathname, username, password } = new URL(text);
  return username === '' && password === '' && page.test(pathname);
}
