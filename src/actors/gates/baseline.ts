/**
 * What a command comes to on the untouched target. Many tasks begin on the same tree, so it is looked at once and kept on disk, by
 * tree, command and toolchain. Only for a day: tests may depend on what is outside.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CommandGate } from '../../machines/pipeline.ts';
import { gitIn } from '../git.ts';
import { inTurn } from '../in-turn.ts';
import { versionOf } from '../set-up/version.ts';
import type { CommandPlace } from './place.ts';
import { environmentOf } from './ready.ts';
import { type Ran, runReady } from './running.ts';

const keptMs = 86_400_000;
const mostKept = 500;

const kept = z.object({ verdict: z.enum(['pass', 'fail', 'inconclusive']), detail: z.string() });

/** `head` is the commit of the target. `isFresh` looks whatever is kept. */
export async function baselineOf(
  gate: CommandGate,
  place: CommandPlace,
  argv: readonly string[],
  isFresh = false,
): Promise<Ran> {
  const file = join(place.cacheDir, 'baselines', `${await keyOf(gate, place, argv)}.json`);
  return inTurn(`baseline ${file}`, async () => {
    const before = isFresh ? undefined : readKept(file);
    if (before !== undefined) return before;
    const ran = await runReady(gate, place, argv);
    // What the machine lacks today it may have in a minute.
    if (ran.isOfMachine !== true) write(file, ran);
    return ran;
  });
}

async function keyOf(gate: CommandGate, place: CommandPlace, argv: readonly string[]): Promise<string> {
  const { repository, head, setUp, hook, tests, sandbox } = place;
  const [program = ''] = argv;
  const [tree, ...versions] = await Promise.all([
    gitIn(repository)(['rev-parse', `${head}^{tree}`]),
    ...[...new Set([program, 'node'])].map(versionOf),
  ]);
  const how = [
    argv,
    gate.cwd ?? '',
    setUp,
    hook?.run ?? null,
    tests,
    sandbox,
    Object.entries(environmentOf(place)).sort(),
  ];
  return createHash('sha256')
    .update(JSON.stringify([repository, tree, versions, how]))
    .digest('hex')
    .slice(0, 40);
}

function readKept(file: string): Ran | undefined {
  try {
    if (Date.now() - statSync(file).mtimeMs > keptMs) return undefined;
    return kept.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** A full disk is no reason not to have looked. */
function write(file: string, { verdict, detail }: Ran): void {
  const directory = join(file, '..');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Somebody else may be looking as well.
    const half = `${file}.${randomUUID()}.half`;
    writeFileSync(half, JSON.stringify({ verdict, detail } satisfies z.output<typeof kept>));
    renameSync(half, file);
    const all = readdirSync(directory).map(name => join(directory, name));
    if (all.length <= mostKept) return;
    const age = (path: string) => statSync(path).mtimeMs;
    for (const path of all.sort((a, b) => age(b) - age(a)).slice(mostKept)) rmSync(path, { force: true });
  } catch {}
}
