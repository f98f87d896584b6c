/** How work in a repository is going to be set up and tested, in words: said before an agent is paid. */
import { filesOf } from '../actors/gates/files.ts';
import { testsBelow } from '../actors/gates/found.ts';
import { gitIn } from '../actors/git.ts';
import { plansOf, shownPlan } from '../actors/set-up/plan.ts';
import type { SetUpRule } from '../domain/set-up.ts';
import type { TestCommand } from '../domain/test-command.ts';
import { candidatesAt } from '../integrations/toolchains/index.ts';
import { commandsOf, type Pipeline } from '../machines/pipeline.ts';

export interface TestingOf {
  repository: string;
  target: string;
  setUp: SetUpRule;
  tests: readonly TestCommand[];
}

/** Each with where it comes from; null for nothing. */
export interface Testing {
  setUp: string | null;
  /** What `command` gates run that name no command. */
  tests: string | null;
  /** What is tested below the top, and not guessed from; null for nothing. */
  testsBelow: string | null;
}

export async function testingOf({ repository, target, setUp, tests }: TestingOf): Promise<Testing> {
  const files = await filesOf(gitIn(repository), target);
  const plans = plansOf(
    setUp,
    files,
    tests.map(({ cwd }) => cwd),
  );
  const [found] = candidatesAt(files);
  const declared = tests.map(({ run, cwd }) => `${run.join(' ')}${cwd === '' ? '' : ` in ${cwd}`}`);
  return {
    setUp: plans.length === 0 ? null : plans.map(plan => `${shownPlan(plan)}${fromOf(plan.from)}`).join('; '),
    tests:
      declared.length > 0
        ? `${declared.join('; ')} (gates.tests)`
        : found === undefined
          ? null
          : `${found.test.join(' ')}${fromOf(found.from)}`,
    testsBelow: testsBelow(files),
  };
}

const fromOf = (files: readonly string[]) => (files.length === 0 ? '' : ` (${files.join(', ')})`);

/** What the gates of a pipeline are going to run, a line for each. */
export async function announcedFor({ pipeline, ...of }: TestingOf & { pipeline: Pipeline }): Promise<string[]> {
  const { setUp, tests, testsBelow: others } = await testingOf(of);
  const none = `nothing was found at the top of ${of.target} that says how it is tested`;
  const nothing = `${none}${others === null ? '' : `; ${others}`}; a person will be asked`;
  const lines = commandsOf(pipeline).map(({ gate }) => {
    if (gate.run !== undefined) return `${gate.name}: ${gate.run.join(' ')}`;
    if (gate.script !== undefined) return `${gate.name}: the script ${gate.script}`;
    return `${gate.name}: ${tests ?? nothing}`;
  });
  return [...(setUp === null ? [] : [`set-up: ${setUp}`]), ...lines];
}
