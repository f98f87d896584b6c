/** Writes a configuration for the repository that somebody stands in, and the prompts to make one's own. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gitIn } from '../actors/git.ts';
import { stageOfRole, templateFolder } from '../actors/prompt-templates.ts';
import { builtInAgents, prefixFor } from '../config/effective.ts';
import { configNames } from '../config/find.ts';
import { configJsonSchema } from '../config/json-schema.ts';
import { SignalboxError } from '../domain/errors.ts';
import { slugOf } from '../domain/names.ts';
import { installedAgents } from './installed-agents.ts';
import { version } from './version.ts';

export interface InitOptions {
  cwd: string;
  /** Where agent programs are looked for. */
  searchPath: string;
  /** Whether files that are there are written anew. */
  force: boolean;
}

export interface Initialized {
  /** The root of the repository: where the files are. */
  directory: string;
  /** Relative to `directory`, in the order in which they were written. */
  files: string[];
  project: string;
  /** Agent programs on the PATH, the one that plays all roles first. */
  agents: string[];
}

/** The templates that come with the program; the same place from `src` and from `dist`. */
const packagedPrompts = fileURLToPath(new URL('../../prompts/', import.meta.url));

/**
 * Writes all files or none. Throws `invalid` outside a git repository, `conflict` with the names of files that exist.
 */
export async function initialize({ cwd, searchPath, force }: InitOptions): Promise<Initialized> {
  const directory = await rootOf(cwd);
  const project = slugOf(basename(directory)) || 'project';
  const branch = await gitIn(directory)(['symbolic-ref', '--short', '-q', 'HEAD'], { allow: [1] });
  const agents = installedAgents(searchPath);
  const files = new Map([
    ['signalbox.config.yaml', configText({ project, branch: branch === '' ? null : branch, agents })],
    ['signalbox.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
    ...promptFiles().map(name => [`${templateFolder}/${name}`, `${whereFrom(name)}\n${read(name)}`] as const),
  ]);
  refuseOverwriting(directory, [...files.keys()], force);
  for (const [name, text] of files) write(join(directory, name), text);
  return { directory, files: [...files.keys()], project, agents };
}

async function rootOf(cwd: string): Promise<string> {
  const { code, stdout } = await gitIn(cwd).result(['rev-parse', '--show-toplevel']);
  if (code === 0 && stdout.trim() !== '') return stdout.trim();
  throw new SignalboxError(
    'invalid',
    'badRepository',
    `${cwd} is not in a git repository (with a work tree). Go to the one that agents shall work on, or make it one with "git init".`,
  );
}

/** One for each stage of the default pipeline; the others stay with the program, so that they grow with it. */
function promptFiles(): string[] {
  return [...stageOfRole.values()].map(stage => `${stage}.md`).filter(name => existsSync(join(packagedPrompts, name)));
}

/** Whoever has a copy does not get what comes later: how to see that is said in it. */
const whereFrom = (name: string) =>
  `{% comment %}A copy of the prompt that comes with Signalbox ${version()}. Without this file the one that is installed counts, and grows with it; ` +
  `\`signalbox prompt render ${name.replace(/\.md$/, '')}\` outside of this repository shows that one.{% endcomment %}`;

const read = (name: string) => readFileSync(join(packagedPrompts, name), 'utf8');

function refuseOverwriting(directory: string, names: string[], force: boolean): void {
  const others = configNames.filter(name => !names.includes(name) && existsSync(join(directory, name)));
  if (others.length > 0) {
    throw new SignalboxError(
      'conflict',
      'fileExists',
      `${directory} has a configuration already: ${others.join(', ')}. Remove it first; two would contradict each other.`,
    );
  }
  const existing = names.filter(name => existsSync(join(directory, name)));
  if (existing.length === 0 || force) return;
  throw new SignalboxError(
    'conflict',
    'fileExists',
    `Nothing was written, because these exist in ${directory}:\n${existing.map(name => `  ${name}`).join('\n')}\n` +
      'They can be written anew; what is in them now will be lost then.',
    { remedy: { say: 'write them anew', field: 'force' } },
  );
}

function write(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw new SignalboxError(
      'unavailable',
      'directoryUnusable',
      `${file} cannot be written: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

interface Facts {
  project: string;
  branch: string | null;
  agents: readonly string[];
}

/** What an agent's entry says when it is put to use; `#` lines are for whoever reads on. */
const agentEntries: Record<(typeof builtInAgents)[number], string[]> = {
  claude: [
    'kind: claude',
    '# model: opus',
    '# env: [ANTHROPIC_API_KEY]   # not needed when you have logged in with "claude"',
  ],
  codex: ['kind: codex', '# env: [CODEX_API_KEY]       # not needed when you have logged in with "codex login"'],
  gemini: ['kind: gemini', '# env: [GEMINI_API_KEY]'],
  opencode: ['kind: opencode', '# model: anthropic/claude-sonnet-4-5'],
  aider: ['kind: aider', '# model: sonnet', '# env: [ANTHROPIC_API_KEY]'],
};

function configText({ project, branch, agents }: Facts): string {
  const [first] = agents;
  const entry = (name: (typeof builtInAgents)[number]) => {
    const lines = [`  ${name}:`, ...agentEntries[name].map(line => `    ${line}`)];
    return agents.includes(name) ? lines : lines.map(line => line.replace(/^ {2}/, '  # '));
  };
  const sorted = [...builtInAgents].sort((a, b) => Number(agents.includes(b)) - Number(agents.includes(a)));
  return `# yaml-language-server: $schema=./signalbox.schema.json
#
# Configuration of Signalbox. All fields: docs/configuration.md, or "signalbox config schema".
# "signalbox doctor" checks everything in here; a running service takes changes over by itself.
# \${NAME} stands for a variable of the environment (in quotes inside { } and [ ]). Secrets have no other way in.

# Who does the work. Each runs the program of its kind; the account behind \`provider\` is what the breaker guards.
agents:
${sorted.flatMap(entry).join('\n')}

# Who plays the roles: analyst, architect, developer, reviewer, tester, deployer.
${first === undefined ? '# agent: claude' : `agent: ${first}`}
# roles:
#   reviewer: ${agents[1] ?? 'codex'}              # a second pair of eyes

projects:
  ${project}:
    repository: .
    ${branch === null ? '# target: main' : `target: ${JSON.stringify(branch)}`}  # the branch that finished work is merged into
    prefix: ${prefixFor(project)}  # work items are ${prefixFor(project)}-1, ${prefixFor(project)}-2, …
    # forge: home              # where it is for everybody: one of those below
    # remote: acme/shop        # what it is called there
    # pipeline: ./pipeline.yaml  # instead of the default one; see docs/pipelines.md
    # budget:
    #   day: { money: 20 }       # US dollars; also tokens: 5M, time: 8h, sessions: 40
    # setup: { run: [npm, ci], keyedBy: [package-lock.json] }   # left out: what the lock files say
    # gates:
    #   tests: [{ run: [npm, test] }]   # "signalbox gates detect --write" finds, tries and writes them
    #   env: [HTTPS_PROXY]
    #   baseline: false          # do not run them on the target before the first agent

# A server that holds the repository: branches go there, pull requests are made, and it merges. See docs/forges.md.
# forges:
#   home: { kind: gitea, url: "https://git.example.org", token: "\${GITEA_TOKEN}", webhookSecret: "\${GITEA_WEBHOOK_SECRET}" }

# worker:
#   total: 2                     # agents at once; also perProject, perStage, perAgent, perProvider

# budget:
#   run: { money: 5, time: 1h }  # the most that any one run may use
`;
}
