/** Which version of a program would run: what was made or judged by another one says nothing of it. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { toolEnvironment } from '../environment.ts';

const limitMs = 20_000;

/** Those that say it when they are asked. Nobody knows what others do with the words. */
const asked = new Set([
  ...['node', 'npm', 'npx', 'pnpm', 'yarn', 'bun', 'bunx', 'deno', 'python', 'python3', 'uv', 'poetry', 'tox', 'nox'],
  ...['pytest', 'pip', 'cargo', 'go', 'mvn', 'gradle', 'java', 'dotnet', 'php', 'composer', 'ruby', 'bundle', 'rake'],
  ...['rspec', 'mix', 'elixir', 'swift', 'dart', 'cmake', 'ctest', 'meson', 'make', 'just', 'task'],
]);

/**
 * Asked away from every checkout: there yarn and its like run programs that lie in it. Of a program that is not asked, which file
 * it is.
 */
export async function versionOf(program: string): Promise<string> {
  const env = { ...toolEnvironment([]), YARN_IGNORE_PATH: '1', COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' };
  if (!asked.has(program)) return fileOf(program, env);
  const { stdout } = await execa(program, [program === 'go' ? 'version' : '--version'], {
    ...{ cwd: '/', env, extendEnv: false, reject: false, stdin: 'ignore', timeout: limitMs },
  });
  return stdout ?? '';
}

/** Files by which a checkout chooses versions of tools. */
export const versionFiles = [
  ...['.nvmrc', '.node-version', '.tool-versions', 'mise.toml', '.mise.toml', '.python-version', '.ruby-version'],
  ...['rust-toolchain', 'rust-toolchain.toml', '.sdkmanrc', '.mvn/wrapper/maven-wrapper.properties'],
];

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
