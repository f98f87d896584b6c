/** A directory in a repository as git names it: no dots, no slash too many; empty for the top. The path leads nowhere else. */
export const plainDirectory = (path: string): string =>
  path
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .join('/');
