/** Paths of an API, with every part encoded: nothing that somebody named can lead elsewhere. */
import { OutsideError } from '../outside.ts';

/** `path` of an API: at`/repos/${repository}/pulls/${number}`. A slash in a part stays one; `.` and `..` are refused. */
export function at(texts: TemplateStringsArray, ...parts: (string | number)[]): string {
  return texts.reduce((path, text, index) => path + encoded(parts[index - 1]!) + text);
}

/** The same for a part whose slashes are no slashes of the path: at`/projects/${whole(name)}`. */
export const whole = (part: string): string => part.replaceAll('/', '\u0000');

function encoded(part: string | number): string {
  return String(part)
    .split('/')
    .map(piece => {
      if (piece === '' || piece === '.' || piece === '..') {
        throw new OutsideError('invalid', `${JSON.stringify(part)} cannot be part of a path.`);
      }
      return encodeURIComponent(piece).replaceAll('%00', '%2F');
    })
    .join('/');
}

/** Takes `owner/name` apart, and throws `invalid` for anything else. */
export function ownerAndName(repository: string): { owner: string; name: string } {
  const [owner, name, ...more] = repository.split('/');
  if (!owner || !name || more.length > 0) {
    throw new OutsideError('invalid', `${JSON.stringify(repository)} is no repository: it must read owner/name.`);
  }
  return { owner, name };
}
