/** The files of a commit, as far as it takes to find out how they are tested: read from git, whatever lies in any checkout. */
import type { Files } from '../../integrations/toolchains/toolchain.ts';
import type { Git } from '../git.ts';
import { listingOf } from '../listing.ts';
import { isHash, remembered } from '../remembered.ts';

/** Files in which tools have their settings. */
const settings =
  /(?:^|\/)(?:package|composer|deno)\.json$|(?:^|\/)(?:pnpm-workspace\.yaml|\.npmrc|\.yarnrc\.yml|yarn\.lock|uv\.lock|go\.work|Cargo\.toml|pom\.xml|pyproject\.toml|setup\.cfg|tox\.ini|manage\.py|Rakefile|pubspec\.yaml|CMakeLists\.txt|GNUmakefile|[Mm]akefile|[^/]+\.mk|\.?[Jj]ustfile|[Tt]askfile\.ya?ml|\.gitlab-ci\.ya?ml)$|^\.(?:github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/;
/** What is fetched, made, or deeper than that is nobody's settings. */
const notRead = /(?:^|\/)(?:node_modules|vendor|third_party)\/|(?:[^/]+\/){5}/;
const mostFiles = 1_000;
const mostBytes = 8_000_000;

interface Entry {
  path: string;
  blob: string;
}

/** Several gates and set-ups ask of the same commit. */
const mostRead = 8;
const read = remembered<Files>(mostRead);

/** `commit` may be any name of one; of a hash the answer is kept. */
export function filesOf(git: Git, commit: string): Promise<Files> {
  const ask = () => readFiles(git, commit);
  return isHash(commit) ? read(`${git.directory}\0${commit}`, ask) : ask();
}

async function readFiles(git: Git, commit: string): Promise<Files> {
  const entries = filesAmong(await listingOf(git, commit));
  const paths = entries.map(({ path }) => path);
  const wanted = entries
    .filter(({ path }) => settings.test(path) && !notRead.test(path))
    .sort((a, b) => depthOf(a.path) - depthOf(b.path))
    .slice(0, mostFiles);
  const texts = await textsOf(git, wanted);
  const all = new Set(paths);
  return { paths, has: file => all.has(file), read: file => texts.get(file) };
}

const depthOf = (path: string) => path.split('/').length;

/** Files alone: no link leads anywhere, and a submodule is another's. */
const filesAmong = (listing: readonly string[]): Entry[] =>
  listing.flatMap(line => {
    const [, blob, path] = /^100\d+ blob (\w+)\t(.*)$/s.exec(line) ?? [];
    return path === undefined ? [] : [{ path, blob: blob! }];
  });

/** By two processes, the first for their sizes: `<blob> blob <bytes>`, a line feed, the bytes, a line feed (git-cat-file, "BATCH OUTPUT"). */
async function textsOf(git: Git, wanted: readonly Entry[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  if (wanted.length === 0) return texts;
  const asked = (some: readonly Entry[]) => ({ input: some.map(({ blob }) => `${blob}\n`).join(''), isBinary: true });
  const sizes = (await git(['cat-file', '--batch-check=%(objectsize)'], asked(wanted))).split('\n').map(Number);
  const entries = wanted.filter((_, index) => sizes[index]! <= mostBytes);
  const { stdout } = await git.result(['cat-file', '--batch'], asked(entries));
  let at = 0;
  for (const { path } of entries) {
    const begin = stdout.indexOf('\n', at) + 1;
    if (begin === 0) break;
    const bytes = Number(stdout.slice(at, begin).trim().split(' ').at(-1));
    texts.set(path, Buffer.from(stdout.slice(begin, begin + bytes), 'latin1').toString('utf8'));
    at = begin + bytes + 1;
  }
  return texts;
}
