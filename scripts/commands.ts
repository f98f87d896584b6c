/** Writes docs/reference/commands.md: the help of every command, as the program prints it. `npm run reference`. */
import { writeFileSync } from 'node:fs';
import { catalogue } from '../src/cli/load.ts';

const head = `# Commands

The help of each command, as \`signalbox COMMAND --help\` prints it. What they print in their main situations is in
[outputs.md](outputs.md); \`signalbox man\` has the same as a manual page. Written by \`npm run reference\`.
`;

const columns = 100;

/** The whole page. */
export async function commandsText(): Promise<string> {
  const parts = await Promise.all(
    catalogue.words.map(async words => `## ${words}\n\n\`\`\`text\n${await helpOf(words)}\n\`\`\`\n`),
  );
  return `${head}\n${parts.join('\n')}`;
}

async function helpOf(words: string): Promise<string> {
  const command = await catalogue.load(words);
  let text = '';
  command.configureHelp({ helpWidth: columns }).configureOutput({
    writeOut: piece => {
      text += piece;
    },
  });
  command.outputHelp();
  return text.replace(/^Usage: \S+/, `Usage: signalbox ${words}`).trimEnd();
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(new URL('../docs/reference/commands.md', import.meta.url), await commandsText());
}
