/** `signalbox pipeline …`: pipelines, and the proof that they hold. */
import { Command } from 'commander';
import { builtInPipelines, readPipeline } from '../commands/pipelines.ts';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { checkPipeline } from '../machines/check.ts';
import { defaultPipeline } from '../machines/default-pipeline.ts';
import { graphOf } from '../machines/graph.ts';
import { mermaidOf } from '../machines/mermaid.ts';
import { compileTask } from '../machines/task.ts';
import { colors, exitCodes, print, printJson } from './output.ts';

export function pipelineCommand(): Command {
  const pipeline = new Command('pipeline').description('pipelines, and the proof that they hold');
  pipeline
    .command('list')
    .description('the pipelines that are there')
    .option('--json', 'print JSON and nothing else')
    .action(({ json }: { json?: boolean }) => {
      const items = Object.values(builtInPipelines).map(({ name, stages }) => ({
        name,
        stages: stages.map(stage => stage.name),
      }));
      if (json) printJson({ items });
      else for (const { name, stages } of items) print(`${name}: ${stages.join(' → ')}`);
    });
  pipeline
    .command('check')
    .argument('[file]', 'a .yaml, .json or .ts file; without it the default pipeline')
    .description('prove that every task ends, every loop is bounded and no gate can be passed by')
    .option('--json', 'print JSON and nothing else')
    .action(check);
  pipeline
    .command('show')
    .argument('<name-or-file>')
    .description('a pipeline as a drawing or as data')
    .option('--format <format>', 'mermaid or json', 'mermaid')
    .option('--json', 'the same as --format json')
    .action(show);
  return pipeline.addHelpText(
    'after',
    `
Examples:
  $ signalbox pipeline check my-pipeline.yaml
  $ signalbox pipeline show default --format mermaid > pipeline.mmd`,
  );
}

async function check(file: string | undefined, { json }: { json?: boolean }): Promise<void> {
  const pipeline = file === undefined ? defaultPipeline : await readPipeline(file);
  const violations = checkPipeline(pipeline);
  const { places, edges } = graphOf(compileTask(pipeline));
  if (json) printJson({ pipeline: pipeline.name, states: places.size, transitions: edges.length, violations });
  else if (violations.length === 0) {
    print(`${colors.green('✓')} ${pipeline.name}: ${places.size} states and ${edges.length} transitions hold.`);
    print('  every state can be reached and can reach an end; every loop is bounded or goes through a person;');
    print('  nothing is merged or done around a gate; every wait has an owner or a deadline.');
  } else {
    for (const { property, message, counterexample } of violations) {
      print(`${colors.red('✗')} ${property}: ${message}`);
      if (counterexample !== '') print(`  ${counterexample.replaceAll('\n', '\n  ')}`);
    }
  }
  if (violations.length > 0) process.exitCode = exitCodes.failed;
}

async function show(name: string, { format, json }: { format: string; json?: boolean }): Promise<void> {
  const pipeline = await readPipeline(name);
  const chosen = json ? 'json' : format;
  if (chosen === 'json') printJson(pipeline);
  else if (chosen === 'mermaid') print(mermaidOf(compileTask(pipeline)));
  else
    throw new SignalboxError('invalid', 'noFormat', `There is no format ${quote(format)}; there are mermaid and json.`);
}
