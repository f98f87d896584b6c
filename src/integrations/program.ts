/** Accounts that are programs, or nobody, by their names alone: reviews and comments often come with no more than that. */

/** Those of the workflows of Gitea, Forgejo and GitHub, and the one that stands for accounts which are gone. None can be registered. */
const reserved = new Set(['gitea-actions', 'forgejo-actions', 'github-actions', 'ghost']);

/** Access tokens of a GitLab project or group are accounts with such names. */
const tokenOfGitlab = /^(?:project|group)_\d+_bot(?:_|$)/;

/** Whether an account of this name is a program, as far as its forge tells by a name. */
export function isProgramName(login: string): boolean {
  const name = login.toLowerCase();
  return reserved.has(name) || name.endsWith('[bot]') || tokenOfGitlab.test(name);
}
