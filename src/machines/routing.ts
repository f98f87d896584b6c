/**
 * Whom an event of a forge or tracker means: the names under which its task is looked for. Pure; the looking is done by
 * whoever has the index. An event means one task or none: where two have the name, nobody guesses.
 */
import type { OutsideEvent, Reading } from '../domain/reading.ts';
import { placeLink } from './intake.ts';
import { branchLink, commitLink, itemLink, itemNameOf, pullRequestLink, type RemoteRepository } from './links.ts';

/** Where the sender is, and what of it is ours. */
export interface RoutingPlace {
  /** The forge or tracker, as the configuration calls it. */
  name: string;
  /** Repositories of projects that lie there, and those from which they take work. */
  repositories: readonly string[];
}

/** The names to look under; or why nothing can be meant. */
export type Routed =
  | {
      links: string[];
      what: string;
      /** Who may make a task of the item, where it is one: the places that it lies in, and its id there. */
      intake: { places: string[]; item: string } | null;
    }
  | { nothing: string };

export function routeOf(event: OutsideEvent, reading: Reading, place: RoutingPlace): Routed {
  if (typeof event.workItem === 'string') {
    const project = typeof reading.project === 'string' ? [placeLink(place.name, reading.project)] : [];
    return {
      links: [itemLink(place.name, event.workItem)],
      what: `the work item ${event.workItem}`,
      intake: { places: project, item: event.workItem },
    };
  }
  const remotes = remotesOf(reading, place);
  if (remotes.length === 0) {
    const repo = reading.repo ?? 'a repository that it does not name';
    return { nothing: `no project lies in ${repo} of ${place.name}` };
  }
  const names = remotes.map(remote => namesIn(event, reading, remote));
  const isIssue = reading.kind === 'issue' && typeof event.number === 'number';
  return {
    links: names.flatMap(({ links }) => links),
    what: names[0]!.what,
    intake: isIssue
      ? {
          places: remotes.map(({ repository }) => placeLink(place.name, repository)),
          item: String(event.number),
        }
      : null,
  };
}

/** A job of GitLab names its repository by a title: the commit tells. */
function remotesOf({ kind, repo }: Reading, { name, repositories }: RoutingPlace): RemoteRepository[] {
  const isPath = repo !== null && !/\s/.test(repo);
  const meant = repositories.filter(
    repository => (kind === 'ci_job' && !isPath) || repository.toLowerCase() === repo?.toLowerCase(),
  );
  return meant.map(repository => ({ forge: name, repository }));
}

function namesIn(
  event: OutsideEvent,
  { branch, kind }: Reading,
  remote: RemoteRepository,
): { links: string[]; what: string } {
  const { number, sha } = event;
  const where = `${remote.repository} at ${remote.forge}`;
  const ofBranch = branch === null ? [] : [branchLink(remote, branch)];
  if (kind === 'issue' || (kind === 'comment' && event.onPullRequest !== true)) {
    return {
      links: [itemLink(remote.forge, itemNameOf({ project: remote.repository, id: String(number) }))],
      what: `the issue #${number} of ${where}`,
    };
  }
  if (typeof number === 'number') {
    return { links: [pullRequestLink(remote, number), ...ofBranch], what: `the pull request #${number} of ${where}` };
  }
  if (event.type.startsWith('ci.') && typeof sha === 'string') {
    return { links: [commitLink(remote, sha), ...ofBranch], what: `the commit ${sha.slice(0, 9)} of ${where}` };
  }
  return { links: ofBranch, what: `the branch ${branch} of ${where}` };
}

/** Who is found under the names: living tasks before those that have ended, each once. */
export function candidatesOf(found: readonly { actorId: string; isLiving: boolean }[]): string[] {
  const living = found.filter(({ isLiving }) => isLiving);
  return [...new Set((living.length > 0 ? living : found).map(({ actorId }) => actorId))];
}
