/**
 * What tasks are called at forges and trackers: the keys by which a delivery finds the task that it means. Repositories
 * are told apart by forge and full name, so that a fork or a namesake is never taken for them.
 */
import type { AnyMachineSnapshot } from 'xstate';
import type { TaskContext } from './task/context.ts';

/** A repository at a forge, as the configuration calls the forge. */
export interface RemoteRepository {
  forge: string;
  repository: string;
}

const at = ({ forge, repository }: RemoteRepository) => `${forge} ${repository.toLowerCase()}`;

export const branchLink = (remote: RemoteRepository, branch: string) => `${at(remote)} branch ${branch}`;
export const pullRequestLink = (remote: RemoteRepository, number: number) => `${at(remote)} pull ${number}`;
export const commitLink = (remote: RemoteRepository, sha: string) => `${at(remote)} commit ${sha}`;
/** An issue of a forge is an item of a tracker that is called as the forge is. */
export const itemLink = (tracker: string, id: string) => `${tracker} item ${id}`;

/** The page of an item: it is the same item whatever the configuration calls its tracker. */
export const itemPageLink = (url: string) => `page item ${url}`;

/** What an item is called by whoever has to be done before it. */
export const heldUpLink = (link: string) => `before ${link}`;

/** What an item is called among all of its tracker: ids of Plane are, numbers of a forge are only with their repository. */
export const itemNameOf = ({ project, id }: { project: string; id: string }): string =>
  project.includes('/') ? `${project.toLowerCase()}#${id}` : id;

/** What all forks of a task are called. */
export const forkLink = (taskId: string) => `fork of ${taskId}`;

/** All that a task is called, by what it is and has made. */
export function taskLinks(snapshot: AnyMachineSnapshot): string[] {
  const { forge, source, branch, base, head, blocks, forkedFrom } = snapshot.context as Partial<TaskContext>;
  const links: string[] = [];
  if (forkedFrom !== undefined) links.push(forkLink(forkedFrom.taskId));
  if (source != null) links.push(itemLink(source.tracker, source.id));
  if (source?.url != null) links.push(itemPageLink(source.url));
  for (const link of blocks ?? []) links.push(heldUpLink(link));
  if (forge == null) return links;
  const remote = { forge: forge.name, repository: forge.repository };
  links.push(branchLink(remote, branch ?? ''));
  if (forge.pullRequest !== null) links.push(pullRequestLink(remote, forge.pullRequest.number));
  // The commit that it began on belongs to everybody who began there.
  if (head && head !== base) links.push(commitLink(remote, head));
  return links;
}
