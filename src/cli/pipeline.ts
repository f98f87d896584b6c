/** `signalbox pipeline …`: pipelines, and what holds of them. */
import { commandFor } from '../domain/command-line.ts';
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
  show({ pipeline, situations, isWhole, runs, notes, waits, violations }) {
    const count = situations.toLocaleString('en-US');
    const seen = isWhole ? `all ${count} situations` : `the ${count} nearest situations of more`;
    if (violations.length === 0) {
      print(`${colors.green('✓')} ${pipeline}: nothing breaks it in ${seen} that a task can come into.`);
      print('  gated    what lands or is done has passed every gate that it owes, for exactly that code');
      print('  ends     when every gate passes it is done; from anywhere else an answer of a person leads there');
      print(`  bounded  at most ${runs} agent runs without a person in between`);
      print('  owned    every wait is for somebody:');
      const width = Math.max(...waits.map(({ owner }) => owner.length));
      for (const { owner, until } of waits)
        print(`             ${owner.padEnd(width)}  ${until ?? colors.dim('no deadline')}`);
    }
    for (const { property, message, way } of violations) {
      print(`${colors.red('✗')} ${property}: ${message}`);
      for (const { says, sends, to } of way) {
        const typed = sends === null ? '' : colors.dim(`   ${typedFor(sends)}`);
        print(`    ${says} → ${to}${typed}`);
      }
    }
    if (violations.length > 0) print(colors.dim(`  looked at ${seen}`));
    for (const note of notes) print(`  note: ${note}`);
  },
  exitCode: ({ violations }) => (violations.length > 0 ? exitCodes.failed : exitCodes.done),
});

/** What to type for an event that a person sends. */
const typedFor = ({ type, ...fields }: Record<string, unknown>) =>
  commandFor(String(type), { taskId: 'ID', ...fields });

export const show = answers({
  operation: 'pipeline.show',
  extra: command =>
    command
      .option('--format <format>', 'mermaid or json', 'mermaid')
      .option('--detail <detail>', 'stages, or all states of the machine', 'stages'),
  examples: [
    'signalbox pipeline show default > pipeline.mmd          # a drawing of its stages, for Mermaid',
    'signalbox pipeline show default --detail states',
    'signalbox pipeline show my-pipeline.yaml --format json',
  ],
  json: ({ pipeline }) => pipeline,
  show({ pipeline, mermaid, stages }, { options: { format, detail } }) {
    if (format !== 'mermaid' && format !== 'json') throw noChoice('format', String(format), ['mermaid', 'json']);
    if (detail !== 'stages' && detail !== 'states') throw noChoice('detail', String(detail), ['stages', 'states']);
    if (format === 'json') printJson(pipeline);
    else print(detail === 'states' ? mermaid : stages);
  },
});

function noChoice(name: string, given: string, known: readonly string[]): SignalboxError {
  const why = `There is no ${name} ${quote(given)}; there are ${known.join(' and ')}.`;
  return new SignalboxError('invalid', 'noFormat', why);
}
