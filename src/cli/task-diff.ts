/** `signalbox task diff`: what a task has changed. */
import type { OutputOf } from '../client/signalbox.ts';
import { answers } from './command.ts';
import { colors, harmless, note, print, table } from './output.ts';

type Changes = OutputOf<'task.changes'>;

export const diff = answers({
  operation: 'task.changes',
  examples: [
    'signalbox task diff ET-003',
    'signalbox task diff ET-003 --stat',
    'signalbox task diff ET-003 --file src/total.ts --at 12',
  ],
  show: (changes, { input }) =>
    showChanges(changes, input.file === undefined ? '; --stat lists all files, --file shows one of them' : ''),
});

/** The changes, or the list of files where they were asked for without. `more` says how to see what is left out. */
export function showChanges(changes: Changes, more = ''): void {
  const { total, patch, isCut } = changes;
  if (total === 0) print('It has changed nothing.');
  else if (patch === null) showFiles(changes);
  else for (const line of patch.trimEnd().split('\n')) print(colored(harmless(line)));
  if (patch !== null && isCut) note(`… the changes go on${more}`);
}

function showFiles({ files, total, additions, deletions }: Changes): void {
  const rows = files.map(({ status, additions: added, deletions: deleted, isBinary, path, before }) => [
    status,
    isBinary ? 'binary' : `+${added} -${deleted}`,
    before === null ? path : `${before} → ${path}`,
  ]);
  print(table(['STATUS', 'LINES', 'FILE'], rows));
  const more = total > files.length ? `, of which ${files.length} are shown` : '';
  print(colors.dim(`${total} ${total === 1 ? 'file' : 'files'}${more}, +${additions} -${deletions}`));
}

function colored(line: string): string {
  if (/^(?:diff --git |--- |\+\+\+ )/.test(line)) return colors.bold(line);
  if (line.startsWith('@@')) return colors.cyan(line);
  if (line.startsWith('+')) return colors.green(line);
  return line.startsWith('-') ? colors.red(line) : line;
}
