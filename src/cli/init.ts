/** `signalbox init`: a configuration for the repository that one stands in. */
import { relative } from 'node:path';
import { answers } from './command.ts';
import { colors, print } from './output.ts';

export const init = answers({
  operation: 'init',
  examples: ['signalbox init', 'signalbox init --force'],
  show({ directory, files, agents }) {
    const cwd = process.cwd();
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
      'signalbox doctor   (says what is still missing, and how to fix it)',
      'signalbox gates detect --write   (finds how the repository is tested, tries that, and writes it down)',
      'change the prompts in .signalbox/prompts/ as you like, and commit them: agents get what the target branch has',
      'signalbox run --repo . --title "What is to be done"',
    ];
    for (const [index, step] of steps.entries()) print(`  ${index + 1}. ${step}`);
  },
});
