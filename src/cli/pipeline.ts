/** `signalbox pipeline …`: pipelines, and the proof that they hold. */
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { answers } from './command.ts';
import { colors, exitCodes, print, printJson } from './output.ts';

export const list = answers({
  operation: 'pipeline.list',
  examples: ['signalbox pipeline list'],
  show({ items }) {
    for (const { name, stages } of items) print(`${name}: ${stages.join(' → ')}`);
  },
});

export const check = answers({
  operation: 'pipeline.check',
  examples: ['signalbox pipeline check', 'signalbox pipeline check my-pipeline.yaml'],
  show({ pipeline, states, transitions, violations }) {
    if (violations.length === 0) {
      print(`${colors.green('✓')} ${pipeline}: ${states} states and ${transitions} transitions hold.`);
      print('  every state can be reached and can reach an end; every loop is bounded or goes through a person;');
      print('  nothing is merged or done around a gate; every wait has an owner or a deadline.');
    }
    for (const { property, message, counterexample } of violations) {
      print(`${colors.red('✗')} ${property}: ${message}`);
      if (counterexample !== '') print(`  ${counterexample.replaceAll('\n', '\n  ')}`);
    }
  },
  exitCode: ({ violations }) => (violations.length > 0 ? exitCodes.failed : exitCodes.done),
});

export const show = answers({
  operation: 'pipeline.show',
  extra: command => command.option('--format <format>', 'mermaid or json', 'mermaid'),
  examples: ['signalbox pipeline show default --format mermaid > pipeline.mmd'],
  json: ({ pipeline }) => pipeline,
  show({ pipeline, mermaid }, { options: { format } }) {
    if (format === 'json') return printJson(pipeline);
    if (format === 'mermaid') return print(mermaid);
    const why = `There is no format ${quote(String(format))}; there are mermaid and json.`;
    throw new SignalboxError('invalid', 'noFormat', why);
  },
});
