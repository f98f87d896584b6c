/** Writes docs/errors.md: every expected failure with its kind, its HTTP status and what it means. `npm run reference`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { statusOf } from '../src/domain/problem.ts';
import { type Reason, reasons } from '../src/domain/reasons.ts';

const head = `# Errors

Every expected failure has a stable \`reason\`: programs may rely on it, and it never gets another meaning. With \`--json\` and over HTTP
an error is a problem document (RFC 9457, \`application/problem+json\`):

\`\`\`json
{
  "type": "https://signalbox.dev/problems/not-found",
  "title": "not found",
  "status": 404,
  "detail": "There is no task \\"ET-9\\"; did you mean ET-1?",
  "reason": "noTask",
  "remedy": { "say": "look which there are", "operation": "task.list" }
}
\`\`\`

\`detail\` is for people and may change. \`remedy\` says what would fix it: \`say\` in words, \`field\` the field of the input to give or to give
otherwise, \`operation\` with \`input\` what to ask next; \`config\` and \`data\` as a field are the configuration file and the data directory.
\`errors\` has one entry (\`path\`, \`message\`, and \`line\` in a file) for each problem of a document or an input. An answer without a
\`reason\` is a bug in Signalbox.

| kind | HTTP status | exit code | means |
|---|---|---|---|
| \`invalid\` | 400 | 2 | what was asked for makes no sense; nothing changed |
| \`forbidden\` | 403 | 2 | whoever asks may not |
| \`not_found\` | 404 | 2 | the thing named does not exist |
| \`conflict\` | 409 | 2 | somebody else came first; the state is another than believed |
| \`fenced\` | 409 | 2 | another process has taken over the data; this one stops |
| \`unavailable\` | 503 | 2 | the disk, a file or a tool is not usable now; nothing changed |

Written by \`npm run reference\` from \`src/domain/reasons.ts\`.
`;

/** The whole page. */
export function errorsText(): string {
  const parts = groups().map(({ name, members }) => {
    const rows = members.map(
      reason => `| \`${reason}\` | \`${reasons[reason][0]}\` | ${statusOf(reason)} | ${reasons[reason][1]} |`,
    );
    return `\n## ${name}\n\n| reason | kind | status | means |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `${head}${parts.join('')}`;
}

/** Reasons under the comments that part them. */
function groups(): { name: string; members: Reason[] }[] {
  const text = readFileSync(new URL('../src/domain/reasons.ts', import.meta.url), 'utf8');
  const found: { name: string; members: Reason[] }[] = [];
  for (const line of text.slice(text.indexOf('export const reasons')).split('\n')) {
    const heading = /^ {2}\/\/ (.*)\.$/.exec(line)?.[1];
    if (heading !== undefined) found.push({ name: heading, members: [] });
    const reason = /^ {2}(\w+): \[/.exec(line)?.[1];
    if (reason !== undefined) found.at(-1)!.members.push(reason as Reason);
  }
  return found;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(new URL('../docs/errors.md', import.meta.url), errorsText());
}
