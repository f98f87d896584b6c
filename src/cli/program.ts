/** The command line: finds the command that is meant, loads it and no other, and answers the exit code. */
import { Command, CommanderError } from 'commander';
import { version } from '../client/version.ts';
import { SignalboxError } from '../domain/errors.ts';
import { nearest } from '../domain/nearest.ts';
import { commands, groups } from './commands.ts';
import { catalogue, loadCommand } from './load.ts';
import { exitCodes, type Form, reportError } from './output.ts';

/** Runs a command line (without node and script) and answers the exit code. */
export async function runProgram(given: readonly string[]): Promise<number> {
  // Whoever types nothing does not know what there is.
  const args = given.length === 0 ? ['look'] : given;
  try {
    const program = await programFor(args);
    await program.parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    const form = formOf(args);
    if (!(error instanceof CommanderError)) return reportError(error, form);
    if (error.exitCode === 0) return exitCodes.done;
    // Commander has told people on standard error; a program reads standard output.
    if (form !== 'words')
      reportError(new SignalboxError('invalid', 'badUsage', error.message.replace(/^error: /, '')), form);
    return exitCodes.usage;
  }
}

/** Commands that print a JSON document in each line: what fails is one of them. */
const inLines = new Set(['run', 'demo', 'work', 'serve', 'events', 'task events', 'task logs', 'agent logs']);

function formOf(args: readonly string[]): Form {
  if (!args.includes('--json')) return 'words';
  return inLines.has(commandIn(args) ?? '') ? 'lines' : 'document';
}

/** With the one command that was typed, or with all of them to choose from. */
async function programFor(args: readonly string[]): Promise<Command> {
  const typed = commandIn(args);
  const wanted = typed === undefined ? catalogue.words : [typed];
  const program = new Command('signalbox')
    .description('Orchestrates AI coding agents: every task is a durable state machine that survives kill -9.')
    .version(version(), '-V, --version')
    .showHelpAfterError('(signalbox --help shows what there is)');
  const loaded = await Promise.all(wanted.map(async words => [words, await loadCommand(words)] as const));
  for (const [words, command] of loaded) attach(program, words, command);
  program.addHelpText('after', '\nBegin with: signalbox demo');
  for (const command of withSubcommands(program)) command.exitOverride().showSuggestionAfterError();
  for (const group of withSubcommands(program).filter(command => command.commands.length > 0)) suggestCommands(group);
  return program;
}

/** The longest command that the first words are, unless another word of a group follows it. */
function commandIn([first = '', second = '']: readonly string[]): string | undefined {
  if (commands.has(`${first} ${second}`)) return `${first} ${second}`;
  const isGroup = [...commands.keys()].some(words => words.startsWith(`${first} `));
  return commands.has(first) && (!isGroup || second === '' || second.startsWith('-')) && second !== '--help'
    ? first
    : undefined;
}

/** Hangs a command where its words say. A group may be a command too. */
function attach(program: Command, words: string, command: Command): void {
  const [group = '', word] = words.split(' ');
  if (word === undefined) {
    program.addCommand(command);
    return;
  }
  const known = program.commands.find(one => one.name() === group);
  const parent = known ?? program.command(group).description(groups[group] ?? '');
  parent.addCommand(command);
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** An unknown command gets the nearest ones, also where commander would only show the help. */
function suggestCommands(group: Command): void {
  const names = group.commands.map(command => command.name());
  group.on('command:*', ([name]: string[]) => {
    group.error(`error: unknown command '${name}'; the nearest are ${nearest(name ?? '', names).join(', ')}`);
  });
}
