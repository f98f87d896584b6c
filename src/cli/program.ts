/** The command line: parses, calls, prints. Answers the exit code. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { SignalboxError } from '../domain/errors.ts';
import { nearest } from '../domain/nearest.ts';
import { agentCommand } from './agent.ts';
import { breakerCommand } from './breaker.ts';
import { configCommand } from './config.ts';
import { deadLetterCommand } from './dead-letter.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { initCommand } from './init.ts';
import { exitCodes, reportError } from './output.ts';
import { pipelineCommand } from './pipeline.ts';
import { queueCommand } from './queue.ts';
import { runCommand } from './run.ts';
import { taskCommand } from './task.ts';
import { backupCommand, verifyCommand } from './verify.ts';

export function createProgram(): Command {
  const program = new Command('signalbox')
    .description('Orchestrates AI coding agents: every task is a durable state machine that survives kill -9.')
    .version(version(), '-V, --version')
    .showHelpAfterError('(signalbox --help shows what there is)');
  const commands = [
    initCommand(),
    doctorCommand(),
    demoCommand(),
    runCommand(),
    taskCommand(),
    agentCommand(),
    queueCommand(),
    breakerCommand(),
    deadLetterCommand(),
    pipelineCommand(),
    configCommand(),
    verifyCommand(),
    backupCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  program.addHelpText('after', '\nBegin with: signalbox demo');
  for (const command of withSubcommands(program)) command.exitOverride().showSuggestionAfterError();
  for (const group of withSubcommands(program).filter(command => command.commands.length > 0)) suggestCommands(group);
  return program;
}

/** Runs a command line (without node and script) and answers the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    const isJson = args.includes('--json');
    if (!(error instanceof CommanderError)) return reportError(error, isJson);
    if (error.exitCode === 0) return exitCodes.done;
    // Commander has told people on standard error; a program reads standard output.
    if (isJson) reportError(new SignalboxError('invalid', 'badUsage', error.message.replace(/^error: /, '')), true);
    return exitCodes.usage;
  }
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

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
