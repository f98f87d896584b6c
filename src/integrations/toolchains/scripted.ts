/** PHP, Ruby, Elixir, Deno: their packages lie in the checkout. */
import { type Files, fetching, type Preparation, type Toolchain, those } from './toolchain.ts';

export const php: Toolchain = {
  name: 'php',
  find(files) {
    const settings = those(files, ['phpunit.xml', 'phpunit.xml.dist', 'phpunit.dist.xml']);
    const composer = jsonOf(files.read('composer.json'));
    const hasScript = (composer.scripts as Record<string, unknown> | undefined)?.test !== undefined;
    if (settings.length === 0 && !hasScript) return undefined;
    const prepare = files.has('composer.json') ? composerInstall(files) : null;
    const from = [...settings, ...those(files, ['composer.json', 'composer.lock'])];
    if (hasScript) return { from, test: ['composer', 'test'], prepare };
    return { from, test: ['vendor/bin/phpunit'], prepare };
  },
};

function composerInstall(files: Files): Preparation {
  const text = files.read('composer.json') ?? '';
  const scripts = Object.keys((jsonOf(text).scripts as object | undefined) ?? {});
  const runsOwnScripts = scripts.some(name => /^(?:pre|post)-/.test(name));
  // A package of a directory, and patches: of files that the lock knows nothing of.
  const isFromFiles = /"type"\s*:\s*"path"|\bpatches\b/.test(text);
  return {
    ...fetching([['composer', 'install', '--no-interaction']], those(files, ['composer.json', 'composer.lock']), false),
    keeps: runsOwnScripts || isFromFiles ? [] : ['vendor'],
    // Class maps are made from the sources.
    afterCopy: [['composer', 'dump-autoload', '--no-interaction']],
  };
}

export const ruby: Toolchain = {
  name: 'ruby',
  find(files) {
    const isRspec = files.has('.rspec') || files.has('spec/spec_helper.rb');
    const isRake = /\b(?:RSpec::Core::RakeTask|Rake::TestTask|Minitest::TestTask)\b|task\s+:?test\b/.test(
      files.read('Rakefile') ?? '',
    );
    if (!isRspec && !isRake) return undefined;
    const bundled = files.has('Gemfile') ? ['bundle', 'exec'] : [];
    const program = isRspec ? 'rspec' : 'rake';
    return {
      from: those(files, [...(isRspec ? ['.rspec', 'spec/spec_helper.rb'] : ['Rakefile']), 'Gemfile', 'Gemfile.lock']),
      test: [...bundled, program, ...(isRspec ? [] : ['test'])],
      prepare: files.has('Gemfile')
        ? fetching([['bundle', 'install']], those(files, ['Gemfile', 'Gemfile.lock']), false)
        : null,
    };
  },
};

export const mix: Toolchain = {
  name: 'mix',
  find(files) {
    if (!files.has('mix.exs')) return undefined;
    const prepare = {
      ...fetching([['mix', 'deps.get']], those(files, ['mix.exs', 'mix.lock']), false),
      keeps: ['deps'],
    };
    return { from: those(files, ['mix.exs', 'mix.lock']), test: ['mix', 'test'], prepare };
  },
};

export const deno: Toolchain = {
  name: 'deno',
  find(files) {
    const [settings] = those(files, ['deno.json', 'deno.jsonc']);
    if (settings === undefined) return undefined;
    const hasTask = (jsonOf(files.read('deno.json')).tasks as Record<string, unknown> | undefined)?.test !== undefined;
    const test = hasTask ? ['deno', 'task', 'test'] : ['deno', 'test'];
    return { from: [settings], test, prepare: null };
  },
};

function jsonOf(text: string | undefined): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(text ?? '{}');
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
