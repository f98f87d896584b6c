/** `signalbox init`: a configuration for the repository that one stands in. */
import { relative } from 'node:path';
import { Command } from 'commander';
import { initialize } from '../commands/init.ts';
import { colors, print, printJson } from './output.ts';

export function initCommand(): Command {
  return new Command('init')
    .description('write a commented configuration and prompt templates for the repository you stand in')
    .option('--force', 'write files anew that exist')
    .option('--json', 'print JSON and nothing else')
    .action(async ({ force = false, json }: { force?: boolean; json?: boolean }) => {
      const cwd = process.cwd();
      const made = await initialize({ cwd, searchPath: process.env.PATH ?? '', force });
      if (json) return printJson(made);
      const { directory, files, agents } = made;
      for (const file of files) print(`${colors.green('✓')} ${relative(cwd, `${directory}/${file}`)}`);
      print('');
      if (agents.length > 0) print(`Found on the PATH: ${agents.join(', ')}. ${agents[0]} plays all roles.`);
      else
        print(
          'No agent program was found on the PATH. Install one, such as Claude Code or Codex, and name it under `agents`.',
        );
      print('\nNext:');
      const steps = [
        'look through signalbox.config.yaml',
        'signalbox doctor   (says what is still missing, and how to mend it)',
        'change the prompts in .signalbox/prompts/ as you like, and commit them: agents get what the target branch has',
        'signalbox run --repo . --title "What is to be done"',
      ];
      for (const [index, step] of steps.entries()) print(`  ${index + 1}. ${step}`);
    });
}
