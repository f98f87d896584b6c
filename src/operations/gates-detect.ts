/** Finds how a repository is tested, tries it on the target, and writes it into the configuration. */
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { dataPaths, makeDataDir } from '../app/data-directory.ts';
import { detectTests } from '../app/detect.ts';
import { findRepository, projectAt } from '../app/setup.ts';
import { writeTests } from '../config/edit.ts';
import { loadConfig } from '../config/load.ts';
import { noSandbox } from '../domain/agent-spec.ts';
import { SignalboxError } from '../domain/errors.ts';
import { own } from '../domain/own.ts';
import { shownTest, type TestCommand } from '../domain/test-command.ts';
import { flag } from './fields.ts';
import { localOperation } from './operation.ts';

const baseline = z.object({
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  isFlaky: z.boolean().describe('it failed, and passed when it was run again'),
  isOfMachine: z.boolean().describe('this machine cannot run it, whatever the code is'),
  detail: z.string(),
  durationMs: z.number().int(),
});

const found = z.object({
  run: z.array(z.string()).describe('program and arguments'),
  cwd: z.string().describe('where, from the top of the repository'),
  toolchain: z.string(),
  from: z.array(z.string()).describe('the files that say so'),
  setUp: z.string().nullable().describe('what a fresh checkout needs before'),
  isChosen: z.boolean().describe('whether it is the likeliest of its directory'),
  baseline: baseline.nullable().describe('what it comes to on the target; null where it was not run'),
  isWritten: z.boolean().describe('whether it is in the configuration now'),
});

export const gatesDetect = localOperation({
  name: 'gates.detect',
  summary: 'find how a repository is tested, try it on the target branch, and write it into the configuration',
  may: 'admin',
  changes: true,
  input: z.strictObject({
    path: z.string().max(4_000).optional().describe('the repository; the one you stand in'),
    target: z
      .string()
      .max(200)
      .optional()
      .describe('the branch to look at; that of the project, or the one checked out'),
    readOnly: flag.describe('only read, run nothing'),
    timeLimit: z.int().min(1).max(240).default(15).describe('minutes that one command may take'),
    write: flag.describe('write those that pass into the configuration as `gates.tests` of the project'),
    force: flag.describe('write them in place of others that stand there'),
    configFile: z.string().max(4_000).optional().describe('instead of the one in force, or in the working directory'),
    dataDir: z.string().max(4_000).optional().describe('instead of what the configuration says'),
  }),
  output: z.object({
    repository: z.string(),
    target: z.string(),
    commit: z.string(),
    project: z.string().nullable(),
    tests: z.array(found),
    ci: z.array(z.object({ file: z.string(), command: z.string() })).describe('what its CI runs that looks like tests'),
    hasConfiguration: z.boolean(),
    uncommitted: z.number().int().describe('files that no commit has yet, so nothing is known of them'),
    replaced: z.array(z.string()).describe('commands that stood there before'),
    written: z.string().nullable().describe('the configuration file in which they are now'),
  }),
  args: ['path'],
  // It is about a repository and a file of the machine on which it is asked.
  route: null,
  fails: ['badRepository', 'noCommit', 'noBranch', 'unfitRepository', 'noProject', 'badFile', 'badInput', 'testsThere'],
  async run(here, { path, target: wanted, readOnly, timeLimit, write, force, configFile, dataDir }, { tell, signal }) {
    if (write && readOnly) throw nothingProved();
    const { cwd, env } = here;
    const meant = configFile ?? (await here.configurationFile().catch(() => undefined));
    const { config, file } = await loadConfig({ file: meant, cwd, env });
    const { repository, target } = await findRepository(config, { repository: path ?? '.', target: wanted }, cwd);
    const project = projectAt(config, repository);
    if (write && (file === null || project === undefined)) throw nowhereToWrite(file, repository);
    const player = own(config.agents, project?.agent ?? config.agent);
    const paths = dataPaths(resolve(cwd, dataDir ?? config.dataDir));
    if (!readOnly) makeDataDir(paths);
    const detected = await detectTests({
      ...{ repository, target, isRun: !readOnly, timeLimitMs: timeLimit * 60_000, signal },
      setUp: project?.setUp ?? 'detected',
      env: [...(player?.env ?? []), ...(project?.gateEnv ?? [])],
      sandbox: player?.sandbox ?? noSandbox,
      cacheDir: paths.cacheDir,
      onProgress: found => tell({ ...found }),
    });
    // What fails today would hold everything up.
    const isSound = ({ isChosen, baseline: tried }: (typeof detected.tests)[number]) =>
      isChosen && tried?.verdict === 'pass';
    const sound = detected.tests.filter(isSound).map(({ run, cwd: where }) => ({ run, cwd: where }));
    const isWritten = write && sound.length > 0;
    const there = project?.tests ?? [];
    const isOther = there.length > 0 && !isDeepStrictEqual(there, sound);
    if (isWritten && isOther && !force) throw testsThere(project!.name, there);
    if (isWritten && !isDeepStrictEqual(there, sound)) await writeTests(file!, project!.name, sound, env);
    return {
      ...{ repository, project: project?.name ?? null, hasConfiguration: file !== null },
      ...detected,
      tests: detected.tests.map(test => ({ ...test, isWritten: isWritten && isSound(test) })),
      replaced: isWritten && isOther ? there.map(shownTest) : [],
      written: isWritten ? file : null,
    };
  },
});

function nothingProved(): SignalboxError {
  return new SignalboxError(
    'invalid',
    'badInput',
    'What was only read is not written: nobody knows whether it passes.',
    {
      remedy: { say: 'have it tried, or do not have it written' },
    },
  );
}

function testsThere(project: string, there: readonly TestCommand[]): SignalboxError {
  const why = `projects.${project}.gates.tests is there, and says otherwise: ${there.map(shownTest).join('; ')}.`;
  return new SignalboxError('conflict', 'testsThere', why, {
    remedy: { say: 'change it there yourself, or have it replaced', field: 'force' },
  });
}

function nowhereToWrite(file: string | null, repository: string): SignalboxError {
  const why = file === null ? 'There is no configuration to write into.' : `No project of ${file} is ${repository}.`;
  const remedy =
    file === null
      ? { say: 'have one written in the repository', operation: 'init' }
      : { say: `add one under projects, with repository: ${repository}` };
  return new SignalboxError('not_found', 'noProject', why, { remedy });
}
