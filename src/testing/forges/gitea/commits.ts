/** Commits, as pushes and statuses show them. */
import { git, shaOf } from './git.ts';
import { type FakeRepository, fullName, type World } from './world.ts';

/** As many as a feed shows. */
const mostCommits = 5;

/** The commit as a webhook shows it. */
export async function commitShape(repository: FakeRepository, world: World, sha: string) {
  const format = '%an%x00%ae%x00%cn%x00%ce%x00%cI%x00%B';
  const shown = await git(repository.directory, 'show', '--no-patch', `--format=${format}`, sha);
  const [name = '', email = '', committer = '', committerEmail = '', timestamp = '', message = ''] = shown.split('\0');
  const changed = await git(
    repository.directory,
    ...['diff-tree', '--root', '--no-commit-id', '--name-status', '-r', '-z', '-m', '--first-parent', sha],
  );
  const fields = changed.split('\0');
  const files = (status: string) =>
    fields.flatMap((field, index) => (index % 2 === 0 && field === status ? [fields[index + 1] ?? ''] : []));
  return {
    id: sha,
    message: `${message.trim()}\n`,
    url: `${world.url}/${fullName(repository)}/commit/${sha}`,
    author: { name, email, username: '' },
    committer: { name: committer, email: committerEmail, username: '' },
    verification: null,
    timestamp,
    added: files('A'),
    removed: files('D'),
    modified: files('M'),
  };
}

/** The commits of a push, newest first and no more than a feed shows, with their true number. */
export async function pushedCommits(
  repository: FakeRepository,
  world: World,
  { before, after }: { before: string | null; after: string },
) {
  // Of a new branch no more than ten are listed, and none that the default branch has.
  const base = `refs/heads/${repository.defaultBranch}`;
  const main = before ? undefined : await shaOf(repository.directory, base);
  const isNews = main !== undefined && main !== after;
  const range = before ? [`${before}..${after}`] : ['--max-count=10', after, ...(isNews ? [`^${main}`] : [])];
  const shas = (await git(repository.directory, 'rev-list', ...range)).split('\n').filter(Boolean);
  const commits = await Promise.all(shas.slice(0, mostCommits).map(sha => commitShape(repository, world, sha)));
  return { commits, total: shas.length };
}
