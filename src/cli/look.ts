/** `signalbox` alone, or `signalbox look`: what is here, and the one command that begins. */
import type { OutputOf } from '../client/signalbox.ts';
import { answers, type Shown } from './command.ts';
import { colors, harmless, print } from './output.ts';

type Look = OutputOf<'look'>;

export const look = answers({
  operation: 'look',
  examples: ['signalbox', 'signalbox look --json'],
  async show(found, shown) {
    const { repository, problem, agents, configuration } = found;
    const yes = colors.green('✓');
    const no = colors.yellow('!');
    const line = (isGood: boolean, text: string) => print(`  ${isGood ? yes : no} ${harmless(text)}`);
    print(
      `${colors.bold('Signalbox')} takes a work item through analysis, development, review and tests with AI agents, and merges it.\n`,
    );
    if (repository === null) line(false, `no repository to work on: ${problem}`);
    else {
      line(true, `repository ${repository.repository}; work is merged into ${repository.target}`);
      if (repository.setUp !== null) line(true, `set up with ${repository.setUp}`);
      line(
        repository.tests !== null,
        repository.tests === null
          ? 'no tests were found: you will be asked to judge'
          : `tested with ${repository.tests}`,
      );
    }
    if (agents.length === 0)
      line(false, 'no agent is installed (claude, codex, gemini, opencode, aider); any command can be one');
    for (const agent of agents) line(agent.login !== null, agentLine(agent));
    line(
      true,
      configuration === null ? 'no configuration, and none is needed to begin' : `configuration ${configuration}`,
    );
    const waiting = await waitingHere(shown);
    if (waiting > 0) line(false, `${waiting} ${waiting === 1 ? 'task waits' : 'tasks wait'} for a person`);
    print(`\n${colors.bold('Begin with')}\n    ${beginning(found, waiting)}`);
    print(colors.dim('\nAll commands: signalbox --help'));
  },
});

function agentLine({ name, login, variable }: Look['agents'][number]): string {
  if (login !== null) return `agent ${name}, logged in by ${login}`;
  return `agent ${name} is installed${variable === null ? '' : `; no login was found: log in, or set ${variable}`}`;
}

/** The one command that starts. */
function beginning({ repository, agents, configuration }: Look, waiting: number): string {
  if (waiting > 0) return 'signalbox task list --waiting';
  const agent = (agents.find(({ login }) => login !== null) ?? agents[0])?.name;
  if (repository === null || (agent === undefined && configuration === null)) return 'signalbox demo';
  const who = configuration === null ? ` --agent ${agent}` : '';
  return `signalbox run --title "What is to be done"${who}`;
}

/** How many tasks wait for a person, where there is data. */
async function waitingHere({ client }: Shown): Promise<number> {
  const page = await client.ask('task.list', { standing: 'person', limit: 1 }).catch(() => undefined);
  return page?.total ?? page?.items.length ?? 0;
}
