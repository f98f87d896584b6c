/** Which version of a program would run: what was made or judged by another one says nothing of it. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

const limitMs = 20_000;

/** Those that say it when they are asked. Nobody knows what others do with the words. */
const asked = new Map(
  [
    ...['node', 'npm', 'npx', 'pnpm', 'yarn', 'bun', 'bunx', 'deno', 'python', 'python3', 'uv', 'poetry', 'tox', 'nox'],
    ...[
      'pytest',
      'pip',
      'cargo',
      'mvn',
      'gradle',
      'java',
      'dotnet',
      'php',
      'composer',
      'ruby',
      'bundle',
      'rake',
      'rspec',
    ],
    ...['mix', 'elixir', 'swift', 'dart', 'cmake', 'ctest', 'meson', 'make', 'just', 'task'],
  ]
    .map(program => [program, '--version'])
    .concat([['go', 'version']]) as [string, string][],
);

/** As it is in that directory: managers of versions go by files there. Of a program that is not asked, which file it is. */
export async function versionOf(program: string, cwd: string, env: Record<string, string>): Promise<string> {
  const word = asked.get(program);
  if (word === undefined) return fileOf(program, env);
  const { stdout } = await execa(program, [word], {
    ...{ cwd, env, extendEnv: false, reject: false, stdin: 'ignore', timeout: limitMs },
  });
  return stdout ?? '';
}

/** Nothing for one that a repository brings: its tree says which it is. */
function fileOf(program: string, { PATH = '' }: Record<string, string>): string {
  if (program.includes('/')) return '';
  for (const directory of PATH.split(delimiter)) {
    const path = join(directory, program);
    try {
      accessSync(path, constants.X_OK);
      const { size, mtimeMs } = statSync(path);
      return `${realpathSync(path)} ${size} ${mtimeMs}`;
    } catch {}
  }
  return '';
}
