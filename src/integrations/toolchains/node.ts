/** Packages of npm, pnpm, yarn and bun, with what runs many of them at once. */
import { type Candidate, type Files, type Preparation, type Toolchain, those } from './toolchain.ts';

type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun';

interface Package {
  scripts: Record<string, unknown>;
  packageManager: string;
  hasWorkspaces: boolean;
}

/** Lock files, the one that decides first. */
const locks: Record<Manager, string[]> = {
  pnpm: ['pnpm-lock.yaml'],
  yarn: ['yarn.lock'],
  bun: ['bun.lock', 'bun.lockb'],
  npm: ['package-lock.json', 'npm-shrinkwrap.json'],
};

export const node: Toolchain = {
  name: 'node',
  find: files => packageTests(files),
  isForAll: files => isWorkspace(files),
};

/** A script of package.json as the package's own manager runs it; undefined where there is none of that name. */
export function packageScript(files: Files, name: string): string[] | undefined {
  const found = readPackage(files);
  if (found === undefined || !isScript(found.scripts[name])) return undefined;
  const manager = managerOf(files, found);
  if (manager !== 'npm') return [manager, 'run', name];
  return name === 'test' ? ['npm', 'test', '--silent'] : ['npm', 'run', '--silent', name];
}

function packageTests(files: Files): Omit<Candidate, 'toolchain'> | undefined {
  const found = readPackage(files);
  if (found === undefined) return undefined;
  const manager = managerOf(files, found);
  const test = packageScript(files, 'test') ?? testsOfAll(files, manager) ?? bunTests(files, manager);
  if (test === undefined) return undefined;
  const evidence = ['package.json', ...locks[manager], 'pnpm-workspace.yaml', 'turbo.json', 'nx.json'];
  return { from: those(files, evidence), test, prepare: preparationFor(files, manager) };
}

/** What runs the tests of the packages below, where the one at the top has none of its own. */
function testsOfAll(files: Files, manager: Manager): string[] | undefined {
  if (!isWorkspace(files)) return undefined;
  const runner = manager === 'npm' ? ['npx', '--no-install'] : [manager, 'exec'];
  const through = manager === 'bun' ? ['bunx', '--no-install'] : runner;
  if (files.has('turbo.json')) return [...through, 'turbo', 'run', 'test'];
  if (files.has('nx.json')) return [...through, 'nx', 'run-many', '-t', 'test'];
  if (!hasTestsBelow(files)) return undefined;
  if (manager === 'pnpm') return ['pnpm', '-r', '--if-present', 'test'];
  if (manager === 'bun') return ['bun', 'run', '--filter', '*', 'test'];
  if (manager === 'npm') return ['npm', 'test', '--silent', '--workspaces', '--if-present'];
  return isBerry(files)
    ? ['yarn', 'workspaces', 'foreach', '-A', 'run', 'test']
    : ['yarn', 'workspaces', 'run', 'test'];
}

/** Bun has a runner of its own that needs no script. */
function bunTests(files: Files, manager: Manager): string[] | undefined {
  const isTest = (path: string) => /(?:\.|_)(?:test|spec)\.[cm]?[jt]sx?$/.test(path) && !path.includes('node_modules/');
  return manager === 'bun' && files.paths.some(isTest) ? ['bun', 'test'] : undefined;
}

/** Scripts that an install runs; see "Life Cycle Operation Order" of npm, which the others follow. */
const lifecycle = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];
/** What sets up git hooks and nothing else: ours do not run them. */
const gitHooks =
  /^(?:is-ci \|\| )?(?:husky(?: install)?|simple-git-hooks|lefthook install)(?: \|\| (?:true|:|exit 0))?$/;

/**
 * What is copied from a directory into node_modules, or made by a program that lies there, is of files that the lock knows nothing
 * of: `file:` and pnpm's injected packages, `portal:` and `exec:` of yarn.
 */
const fromFiles = /["'\s](?:file|portal|exec):|"injected"\s*:\s*true|inject-?workspace-?packages["']?\s*[:=]\s*true/i;

function preparationFor(files: Files, manager: Manager): Preparation | null {
  const lock = locks[manager].filter(file => files.has(file));
  // Without a lock file what is installed changes from day to day, and the file that is written is nobody's work.
  if (lock.length === 0) return null;
  const install: Record<Manager, string[]> = {
    npm: ['npm', 'ci'],
    pnpm: ['pnpm', 'install', '--frozen-lockfile'],
    yarn: ['yarn', 'install', isBerry(files) ? '--immutable' : '--frozen-lockfile'],
    bun: ['bun', 'install', '--frozen-lockfile'],
  };
  const settings = ['.npmrc', '.yarnrc', '.yarnrc.yml', '.pnpmfile.cjs', 'pnpm-workspace.yaml', 'bunfig.toml'];
  const manifests = files.paths.filter(path => /^(?!.*node_modules\/)(?:.+\/)?package\.json$/.test(path));
  const patches = files.paths.filter(path =>
    /^(?:patches|\.yarn\/patches)\/|^(?!.*node_modules\/).*\.patch$/.test(path),
  );
  const own = (path: string) => {
    const scripts = parsed(files.read(path))?.scripts ?? {};
    return lifecycle.filter(name => isScript(scripts[name]) && !gitHooks.test(String(scripts[name])));
  };
  const above = own('package.json');
  const isBelow = manifests.some(path => path !== 'package.json' && own(path).length > 0);
  const isFromFiles = [...manifests, ...those(files, settings)].some(path => fromFiles.test(files.read(path) ?? ''));
  // npm builds by itself what has one.
  const isBuilt = files.has('binding.gyp');
  const isKept = !isBelow && !isFromFiles && !isBuilt && keepsModules(files, manager);
  return {
    steps: [install[manager]],
    keyedBy: [...lock, ...those(files, settings), ...manifests, ...patches],
    keeps: isKept ? ['node_modules'] : [],
    afterCopy: above.map(name => [manager, 'run', name]),
    isImplied: false,
  };
}

/** Later versions of yarn keep packages elsewhere unless they are told otherwise. */
const keepsModules = (files: Files, manager: Manager): boolean =>
  !(manager === 'yarn' && isBerry(files)) || /^nodeLinker:\s*node-modules/m.test(files.read('.yarnrc.yml') ?? '');

const isBerry = (files: Files): boolean =>
  files.has('.yarnrc.yml') || /^__metadata:/m.test(files.read('yarn.lock') ?? '');

const isWorkspace = (files: Files): boolean =>
  files.has('pnpm-workspace.yaml') || (readPackage(files)?.hasWorkspaces ?? false);

const hasTestsBelow = (files: Files): boolean =>
  files.paths
    .filter(path => /^(?!.*node_modules\/).+\/package\.json$/.test(path))
    .some(path => isScript(parsed(files.read(path))?.scripts.test));

/** Which program runs the scripts of a package: what it says itself, or whose lock file there is. */
function managerOf(files: Files, { packageManager }: Package): Manager {
  const said = /^(npm|pnpm|yarn|bun)@/.exec(packageManager)?.[1] as Manager | undefined;
  const locked = (Object.keys(locks) as Manager[]).find(manager => locks[manager].some(file => files.has(file)));
  return said ?? locked ?? (files.has('pnpm-workspace.yaml') ? 'pnpm' : 'npm');
}

/** Scripts that are there for the look of it. */
const placeholder = /^\s*(?:true|:|exit 0|echo\b[^&|;>]*)\s*$|no test specified/;

const isScript = (script: unknown): boolean => typeof script === 'string' && script !== '' && !placeholder.test(script);

const readPackage = (files: Files): Package | undefined => parsed(files.read('package.json'));

function parsed(text: string | undefined): Package | undefined {
  if (text === undefined) return undefined;
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof found !== 'object' || found === null) return undefined;
  const { scripts, packageManager, workspaces } = found as Record<string, unknown>;
  return {
    scripts: typeof scripts === 'object' && scripts !== null ? (scripts as Record<string, unknown>) : {},
    packageManager: typeof packageManager === 'string' ? packageManager : '',
    hasWorkspaces: workspaces !== undefined,
  };
}
