/** `signalbox run --dry-run`: what would happen, before anybody is paid. */
import type { DryRun } from '../client/dry-run.ts';
import { colors, harmless, print } from './output.ts';

export function showDryRun(
  { repository, target, pipeline, stages, steps, ends, isDone }: DryRun,
  announced: readonly string[],
): void {
  print(
    harmless(`Nothing is made. It would work in ${repository} by the pipeline ${pipeline}, and merge into ${target}.`),
  );
  for (const line of announced) print(colors.dim(harmless(`  ${line}`)));
  let told = '';
  for (const { says, stage } of steps) {
    if (stage !== told) print(`\n${colors.bold(stage)}${whoIn(stage, stages)}`);
    told = stage;
    print(harmless(`  ${says}`));
  }
  print(
    `\n${isDone ? colors.green('✓') : colors.red('✗')} It would end as ${ends}, if every agent succeeds, every gate passes and people approve.`,
  );
}

function whoIn(stage: string, stages: DryRun['stages']): string {
  const found = stages.find(one => one.stage === stage);
  return found === undefined ? '' : harmless(`  ${found.role}, played by ${found.agent}`);
}
