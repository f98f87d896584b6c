/** Python: pytest by whoever keeps the environment, tox and nox where nothing else says how. */
import { type Candidate, type Files, fetching, type Toolchain, those } from './toolchain.ts';

type Found = Omit<Candidate, 'toolchain'>;

export const python: Toolchain = {
  name: 'python',
  find: files => found(files),
  // What is below is collected from here, whatever settings for some of it lie there.
  isForAll: files => found(files) !== undefined,
  isApart: files => ['pyproject.toml', 'setup.py', 'setup.cfg', 'tox.ini', 'noxfile.py'].some(file => files.has(file)),
};

const found = (files: Files): Found | undefined =>
  (saysPytest(files) ? pytest(files) : undefined) ?? environments(files) ?? django(files) ?? bare(files);

/** Files in which the settings of pytest are; see https://docs.pytest.org/en/stable/reference/customize.html. */
function saysPytest(files: Files): boolean {
  if (files.has('pytest.ini') || files.has('.pytest.ini') || files.has('conftest.py')) return true;
  return (
    /^\[tool\.pytest/m.test(files.read('pyproject.toml') ?? '') ||
    /^\[tool:pytest\]/m.test(files.read('setup.cfg') ?? '') ||
    // An environment that is locked with it is there to run it.
    (files.has('uv.lock') && /^\[pytest\]/m.test(files.read('tox.ini') ?? ''))
  );
}

const evidence = ['pytest.ini', '.pytest.ini', 'conftest.py', 'pyproject.toml', 'setup.cfg', 'uv.lock', 'poetry.lock'];

function pytest(files: Files): Found {
  const from = those(files, evidence);
  if (files.has('uv.lock')) return { from, ...withUv(['pytest']) };
  if (files.has('poetry.lock')) {
    const prepare = fetching([['poetry', 'install', '--no-interaction']], ['poetry.lock', 'pyproject.toml'], false);
    return { from, test: ['poetry', 'run', 'pytest'], prepare };
  }
  return { from, test: ['python3', '-m', 'pytest'], prepare: null };
}

// An environment has the path of its checkout in it; what was fetched, the tool keeps for itself.
const withUv = (command: string[]): Omit<Found, 'from'> => ({
  test: ['uv', 'run', ...command],
  prepare: fetching([['uv', 'sync', '--locked']], ['uv.lock', 'pyproject.toml'], true),
});

/** They make their environments themselves. */
function environments(files: Files): Found | undefined {
  for (const [file, program] of [
    ['tox.ini', 'tox'],
    ['noxfile.py', 'nox'],
  ] as const) {
    if (!files.has(file)) continue;
    const from = [file, ...those(files, ['uv.lock'])];
    // Where they belong to the locked environment, they are there and not on this machine.
    const isLocked = new RegExp(`^name = "${program}"$`, 'm').test(files.read('uv.lock') ?? '');
    if (isLocked) return { from, ...withUv([program]) };
    return { from, test: [program], prepare: null };
  }
  return undefined;
}

function django(files: Files): Found | undefined {
  if (!files.has('manage.py') || !/\bdjango\b/i.test(files.read('manage.py') ?? '')) return undefined;
  const test = ['manage.py', 'test'];
  if (files.has('uv.lock')) return { from: ['manage.py', 'uv.lock'], ...withUv(['python', ...test]) };
  return { from: ['manage.py'], test: ['python3', ...test], prepare: null };
}

/** Tests by their names alone. */
function bare(files: Files): Found | undefined {
  const isPackage = ['pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt'].some(file => files.has(file));
  const first = files.paths.find(path => /^(?:tests?\/(?:.+\/)?)?(?:test_[^/]+|[^/]+_test)\.py$/.test(path));
  if (first === undefined || !(isPackage || !first.includes('/'))) return undefined;
  return { ...pytest(files), from: [...those(files, evidence), first] };
}
