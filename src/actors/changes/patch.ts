/** The changes themselves, as a unified diff. */
import type { Git, GitOptions } from '../git.ts';
import { type ChangedFile, compare } from './files.ts';
import { pathspecFor, quotedName } from './path-names.ts';
import type { Range } from './range.ts';

export interface Patch {
  text: string;
  /** Whether there is more; it ends with a whole line all the same. */
  isCut: boolean;
}

const options = (mostBytes: number, signal: AbortSignal | undefined): GitOptions => ({
  mostBytes,
  ...(signal && { signal }),
});
const shape = ['--patch', '--unified=3', '--src-prefix=a/', '--dst-prefix=b/'];

/** Of everything, up to so many bytes. What is no UTF-8 is shown as U+FFFD. */
export async function wholePatch(git: Git, range: Range, mostBytes: number, signal?: AbortSignal): Promise<Patch> {
  const { stdout, isCut = false } = await compare(git, range, shape, options(mostBytes, signal));
  return patchOf(stdout, isCut);
}

/** Of one file, up to so many bytes. */
export async function patchOfFile(
  git: Git,
  range: Range,
  { raw: { path, before } }: ChangedFile,
  mostBytes: number,
  signal?: AbortSignal,
): Promise<Patch> {
  // Both names: a file that was renamed is a new one to whoever is shown the new name alone.
  const paths = [...new Set([before ?? path, path])].map(pathspecFor);
  const { stdout, isCut = false } = await compare(git, range, shape, { ...options(mostBytes, signal), paths });
  // A name may also be that of a directory, before or after, and one that is no text may stand for others.
  const head = `diff --git ${quotedName(`a/${before ?? path}`)} ${quotedName(`b/${path}`)}\n`;
  const own = stdout.split(/^(?=diff --git )/m).filter(part => part.startsWith(head));
  return patchOf(own.join(''), isCut);
}

function patchOf(bytes: string, isCut: boolean): Patch {
  const whole = isCut ? bytes.slice(0, bytes.lastIndexOf('\n') + 1) : bytes;
  return { text: Buffer.from(whole, 'latin1').toString('utf8'), isCut };
}
