/** How a project is tested, as its configuration says. */
export interface TestCommand {
  /** Program and arguments; no shell reads them. */
  run: string[];
  /** Where in a checkout, from its top; empty for the top itself. */
  cwd: string;
}

/** `go test ./... (in api)`, for people. */
export const shownTest = ({ run, cwd }: Pick<TestCommand, 'run' | 'cwd'>): string =>
  `${run.join(' ')}${cwd === '' ? '' : ` (in ${cwd})`}`;
