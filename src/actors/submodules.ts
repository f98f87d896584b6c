/**
 * Submodules of a worktree: checked out from what the repository has of them on this machine, so that nothing is asked of anybody
 * outside. Each is a linked worktree of its store in the repository: what is committed there outlives the worktree.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Git, gitIn, withEnvironment } from './git.ts';
import { listingOf } from './listing.ts';
import { inside } from './paths.ts';
import { resolveCommit } from './refs.ts';
import { repositoryOf } from './repository.ts';
import { dropHalfMade, placeCheckout } from './worktrees.ts';

export interface Submodule {
  name: string;
  path: string;
  /** The commit at which the superproject has it. */
  commit: string;
}

/** The submodules of a commit, as its `.gitmodules` names them. */
export async function submodulesOf(git: Git, commit: string): Promise<Submodule[]> {
  const links = new Map<string, string>();
  for (const line of await listingOf(git, commit)) {
    const [, at, path] = /^160000 commit (\w+)\t(.*)$/s.exec(line) ?? [];
    if (path !== undefined) links.set(path, at!);
  }
  if (links.size === 0) return [];
  const { code, stdout } = await git.result([
    'config',
    '-z',
    '--blob',
    `${commit}:.gitmodules`,
    '--get-regexp',
    '\\.path$',
  ]);
  if (code !== 0) return [];
  const found: Submodule[] = [];
  for (const entry of stdout.split('\0').filter(Boolean)) {
    const [key = '', path = ''] = entry.split('\n');
    const name = key.replace(/^submodule\./, '').replace(/\.path$/, '');
    // A name leads to a directory; git takes none that leads out either.
    if (name.split('/').includes('..')) continue;
    const at = links.get(path);
    if (at !== undefined) found.push({ name, path, commit: at });
  }
  return found;
}

/** Where a repository keeps what it has of a submodule; undefined where it has nothing, or not that commit. */
export async function storeOf(git: Git, { name, commit }: Submodule): Promise<string | undefined> {
  const store = await placeOf(git, { name });
  if (!existsSync(join(store, 'HEAD'))) return undefined;
  return (await resolveCommit(inStore(store), commit)) === undefined ? undefined : store;
}

const placeOf = async (git: Git, { name }: Pick<Submodule, 'name'>) =>
  join((await repositoryOf(git)).common, 'modules', name);

/** Without the checkout that the store believes to be its own. */
const inStore = (store: string): Git => withEnvironment(gitIn(store), { GIT_DIR: store });

/** Empties those whose filling was cut off: while one is half there git does not even say what lies in the worktree. */
export async function dropHalfFilled(repository: string, worktree: string, commit: string): Promise<void> {
  const git = gitIn(repository);
  for (const submodule of await submodulesOf(git, commit)) {
    const place = await placeOf(git, submodule);
    const directory = inside(worktree, submodule.path);
    if (!existsSync(place)) continue;
    await dropHalfMade(inStore(place), directory);
    mkdirSync(directory, { recursive: true });
  }
}

/** Fills the submodules of a worktree that are empty, as far as they are on this machine. */
export async function fillSubmodules(repository: string, worktree: string, commit: string): Promise<void> {
  const git = gitIn(repository);
  for (const submodule of await submodulesOf(git, commit)) {
    const directory = inside(worktree, submodule.path);
    if (existsSync(directory) && readdirSync(directory).length > 0) continue;
    const store = await storeOf(git, submodule);
    if (store === undefined) continue;
    await placeCheckout(inStore(store), directory, submodule.commit);
  }
}

/** Keeps what was committed in the submodules of a worktree, before it goes. */
export async function keepSubmodules(
  repository: string,
  worktree: string,
  { taskId, head: top }: { taskId: string; head: string },
): Promise<void> {
  const git = gitIn(repository);
  for (const submodule of await submodulesOf(gitIn(worktree), top)) {
    const directory = join(worktree, submodule.path);
    if (!existsSync(join(directory, '.git'))) continue;
    const head = await resolveCommit(gitIn(directory), 'HEAD');
    const store = await storeOf(git, { ...submodule, commit: head ?? submodule.commit });
    if (head === undefined) continue;
    const ref = `refs/signalbox/${taskId}/${head.slice(0, 12)}`;
    if (store !== undefined) await inStore(store)(['update-ref', ref, head]);
    else await fetchInto(git, directory, { submodule, head, ref });
  }
}

/** What an agent has fetched by itself lies in a store that goes with the worktree. */
async function fetchInto(
  git: Git,
  directory: string,
  { submodule, head, ref }: { submodule: Submodule; head: string; ref: string },
): Promise<void> {
  const { common } = await repositoryOf(git);
  const store = join(common, 'modules', submodule.name);
  if (!existsSync(join(store, 'HEAD'))) {
    mkdirSync(store, { recursive: true });
    await gitIn(store)(['init', '--quiet', '--bare', store]);
  }
  const env = { GIT_ALLOW_PROTOCOL: 'file' };
  await inStore(store).result(['fetch', '--quiet', '--no-tags', directory, `${head}:${ref}`], { env });
}

/** Writes the submodules of a commit into a checkout, as files alone; those that are not on this machine are empty. */
export async function writeSubmodules({
  repository,
  directory,
  commit,
  indexes,
}: {
  repository: string;
  directory: string;
  commit: string;
  indexes: string;
}): Promise<void> {
  const git = gitIn(repository);
  for (const submodule of await submodulesOf(git, commit)) {
    const place = inside(directory, submodule.path);
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    const store = await storeOf(git, submodule);
    if (store === undefined) continue;
    const index = join(indexes, `submodule-${submodule.name.replaceAll('/', '-')}.index`);
    rmSync(index, { force: true });
    const env = { GIT_DIR: store, GIT_WORK_TREE: place, GIT_INDEX_FILE: index };
    await gitIn(place)(['read-tree', '--reset', '-u', submodule.commit], { env });
  }
}

/** Paths of the submodules of a commit that are not on this machine. */
export async function missingSubmodules(repository: string, commit: string): Promise<string[]> {
  const git = gitIn(repository);
  const missing: string[] = [];
  for (const submodule of await submodulesOf(git, commit)) {
    if ((await storeOf(git, submodule)) === undefined) missing.push(submodule.path);
  }
  return missing;
}

/** Submodules whose commit is new, and known to no repository but the one on this machine. */
export async function unpushedSubmodules(git: Git, { base, tree }: { base: string; tree: string }): Promise<string[]> {
  const before = new Map((await submodulesOf(git, base)).map(({ path, commit }) => [path, commit]));
  const faults: string[] = [];
  for (const submodule of await submodulesOf(git, tree)) {
    const { path, commit } = submodule;
    if (before.get(path) === commit) continue;
    const store = await storeOf(git, submodule);
    const known =
      store === undefined
        ? ''
        : await inStore(store)(['for-each-ref', '--count=1', '--contains', commit, 'refs/remotes']);
    if (known !== '') continue;
    faults.push(
      `the submodule ${path} is at ${commit.slice(0, 9)}, which only this machine has: push it to its own repository first${store === undefined ? '' : ` (it is kept in ${store})`}`,
    );
  }
  return faults;
}
