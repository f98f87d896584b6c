/** Secrets of the configuration: they come from variables of the environment, and from nowhere else. */
import { Secret } from '../domain/secret.ts';
import { onlyNames, variablesIn } from '../domain/variables.ts';
import type { Path } from './document.ts';

/** What the rest of the configuration says around a forge or tracker. */
export interface Around {
  /** What stands in the file at a path, before variables were filled in. */
  written(path: Path): string;
  complain(path: Path, message: string): void;
}

/** The new one and the old while it is being changed. */
export function secretsAt(at: Path, value: string | string[] | undefined, around: Around): Secret[] {
  if (value === undefined) return [];
  return Array.isArray(value)
    ? value.map((one, index) => secretAt([...at, String(index)], one, around))
    : [secretAt(at, value, around)];
}

/** Secrets come from the environment and from nowhere else: a file is shown, copied and committed. */
export function secretAt(at: Path, value: string, around: Around): Secret {
  const written = around.written(at);
  const [variable = ''] = variablesIn(written);
  if (variable === '' || !onlyNames(written)) {
    around.complain(at, `a secret stands in no file; export it and write "\${NAME}" with the name of its variable`);
  }
  return new Secret(variable, value);
}

interface Signing {
  token: Secret | null;
  webhookSecrets: readonly Secret[];
}

/** Whatever has secrets in the configuration. */
export interface WithSecrets {
  forges: Readonly<Record<string, Signing>>;
  trackers: Readonly<Record<string, Signing>>;
  chats: Readonly<Record<string, { url: Secret; token: Secret | null }>>;
  reader: { key: Secret } | null;
}

/** What only we may have, all of it: by what we sign in, and by what others prove who they are. */
export function secretsOf({ forges, trackers, chats, reader }: WithSecrets): Secret[] {
  const signing = [...Object.values(forges), ...Object.values(trackers)];
  const all = [
    ...signing.flatMap(({ token, webhookSecrets }) => [token, ...webhookSecrets]),
    ...Object.values(chats).flatMap(({ url, token }) => (url.variable === '' ? [token] : [url, token])),
    reader?.key ?? null,
  ];
  return all.filter(secret => secret !== null);
}
