/** What a command is: an operation, how its answer is shown, and where it differs from what follows from the operation. */
import { hostname } from 'node:os';
import { Command } from 'commander';
import type { Described } from '../client/describe.ts';
import type { LocalSignalbox } from '../client/local.ts';
import type { Client } from '../client/open.ts';
import type { AnswerName, OperationName, OutputOf, StreamName } from '../client/signalbox.ts';
import { quoted } from '../domain/command-line.ts';
import type { Json } from '../domain/json.ts';
import { addFields, type Flags, type Values } from './flags.ts';
import { untilInterrupted } from './interruption.ts';
import { printJson, printJsonLine, warn } from './output.ts';
import { rememberFields } from './words.ts';

/** Options that every command on a data directory has. */
export interface CommonOptions {
  data?: string;
  config?: string;
  /** The address of a service to ask instead. */
  url?: string;
  json?: boolean;
}

/** What a command has at hand when it shows an answer. */
export interface Shown {
  client: Client;
  /** What was asked. */
  input: Values;
  /** What was given on the command line, as commander has it. */
  options: Values & CommonOptions;
  /** The options by which a later command finds the same data. */
  hint: string;
}

interface Common extends Flags {
  description?: string;
  examples?: readonly string[];
  /** Adds options that are no fields of the operation. */
  extra?(command: Command): unknown;
  /** Whether it has `--data`, `--config` and `--json` of its own. */
  isApart?: boolean;
  /** Where the data is, when its options say that in another way. */
  place?(options: Values): Pick<CommonOptions, 'data'>;
}

/** A command that asks an operation and shows its answer. */
export interface AnswerCommand<Name extends AnswerName = AnswerName> extends Common {
  operation: Name;
  /** Makes the input out of what was given. */
  input?(given: Values, options: Values & CommonOptions): unknown;
  /** Whether it is to be carried out at all: somebody may have to be asked. */
  before?(shown: Shown): Promise<boolean>;
  onProgress?(progress: Json): void;
  /** Whether it has something to clean up when it is interrupted. */
  isInterruptible?: boolean;
  /** What `--json` prints, where that is not the answer; nothing where it has printed by itself. */
  json?(answer: OutputOf<Name>, shown: Shown): unknown;
  show(answer: OutputOf<Name>, shown: Shown): void | Promise<void>;
  exitCode?(answer: OutputOf<Name>): number;
}

/** A command that shows what comes bit by bit. */
export interface StreamCommand<Name extends StreamName = StreamName> extends Common {
  operation: Name;
  input?(given: Values, options: Values & CommonOptions): unknown;
  piece(piece: OutputOf<Name>, shown: Shown): void | Promise<void>;
  /** Instead of the pieces, with `--json`; JSON lines otherwise. */
  json?(shown: Shown): Promise<unknown>;
}

/** All commands that people type, for those that speak of the others. */
export interface Catalogue {
  /** `task list`, in the order in which they are listed. */
  words: readonly string[];
  load(words: string): Promise<Command>;
}

/** A command that is more than one operation. */
export interface OwnCommand extends Common {
  description: string;
  /** `given` are its arguments, in their order. */
  run(options: Values & CommonOptions, given: readonly unknown[], catalogue: Catalogue): Promise<number>;
}

export type AnyCommand = AnswerCommand<never> | StreamCommand<never> | OwnCommand;

export const answers = <Name extends AnswerName>(it: AnswerCommand<Name>) => it as unknown as AnyCommand;
export const streams = <Name extends StreamName>(it: StreamCommand<Name>) => it as unknown as AnyCommand;

export const isOwn = (it: AnyCommand): it is OwnCommand => 'run' in it;

/** A command as commander has it. `client` opens the way to the data when it is needed. */
export function buildCommand(
  word: string,
  spec: AnyCommand,
  behind: Described | undefined,
  { open, catalogue }: { open(options: CommonOptions): Promise<Client>; catalogue: Catalogue },
): Command {
  const command = new Command(word).description(spec.description ?? behind?.operation.summary ?? '');
  const read = behind && addFields(command, behind, spec);
  spec.extra?.(command);
  if (!spec.isApart) addCommon(command, !isOwn(spec));
  if (spec.examples)
    command.addHelpText('after', `\nExamples:\n${spec.examples.map(line => `  $ ${line}`).join('\n')}`);
  return command.action(async (...given: unknown[]) => {
    const options = command.opts<Values & CommonOptions>();
    if (isOwn(spec)) {
      process.exitCode = await spec.run(options, given.slice(0, -2), catalogue);
      return;
    }
    try {
      const fields = read!.values(given.slice(0, -2), options);
      const input = spec.input?.(fields, options) ?? fields;
      const place: CommonOptions = { ...options, ...spec.place?.(options) };
      const client = await open(place);
      await carryOut(spec, { client, input: input as Values, options, hint: hintFor(place) }).finally(client.close);
    } catch (error) {
      rememberFields(error, read!.given);
      throw error;
    }
  });
}

function addCommon(command: Command, isAsked: boolean): void {
  const taken = command.options.map(({ long }) => long);
  const add = (flags: string, description: string) => {
    if (!taken.includes(flags.split(' ')[0])) command.option(flags, description);
  };
  add('--data <dir>', 'data directory (or SIGNALBOX_DATA)');
  add('--config <file>', 'configuration file (the one in force, or the one in the working directory)');
  if (isAsked) add('--url <address>', 'a service to ask instead (or SIGNALBOX_URL; its token in SIGNALBOX_API_TOKEN)');
  add('--json', 'print JSON and nothing else');
}

async function carryOut(spec: AnswerCommand<never> | StreamCommand<never>, shown: Shown): Promise<void> {
  const { client, input, options } = shown;
  if ('piece' in spec) {
    if (options.json && spec.json) return printJson(await spec.json(shown));
    for await (const piece of client.follow(spec.operation, input as never)) {
      if (options.json) printJsonLine(piece);
      else await spec.piece(piece as never, shown);
    }
    return;
  }
  if (spec.before !== undefined && !(await spec.before(shown))) return;
  const onProgress = options.json ? undefined : spec.onProgress;
  const asked = { ...(onProgress && { onProgress }) };
  const ask = (signal?: AbortSignal) =>
    client.ask(spec.operation as AnswerName, input as never, { ...asked, ...(signal && { signal }) });
  const answer = spec.isInterruptible ? await untilInterrupted(ask) : await ask();
  if (answer === undefined) return;
  if (options.json) {
    const value = spec.json ? await spec.json(answer as never, shown) : answer;
    if (value !== undefined) printJson(value);
  } else await spec.show(answer as never, shown);
  const code = spec.exitCode?.(answer as never) ?? 0;
  if (code !== 0) process.exitCode = code;
}

/** The options by which a later command finds the same data. */
export function hintFor({ data, config, url }: CommonOptions): string {
  if (url !== undefined) return ` --url ${quoted(url)}`;
  const isUsual = data === undefined || data === '.signalbox';
  return `${isUsual ? '' : ` --data ${quoted(data)}`}${config === undefined ? '' : ` --config ${quoted(config)}`}`;
}

/** Who acts, for the audit trail: the user of the operating system, on this machine. */
export function actor(): string {
  return `${process.env.USER || process.env.LOGNAME || 'cli'}@${hostname()}`;
}

/** The way to what the options name: a service, or a data directory. */
export async function openClient({ url, ...place }: CommonOptions): Promise<Client> {
  const { openClient: open } = await import('../client/open.ts');
  return open({ ...placeOf(place, warn), url }, identity());
}

/** The data directory that the options name, to work on it. */
export async function openData(options: CommonOptions, warnOf = warn): Promise<LocalSignalbox> {
  const { openLocal } = await import('../client/local.ts');
  return openLocal(placeOf(options, warnOf), identity());
}

const identity = () => ({ name: actor(), role: 'admin' as const });
const placeOf = ({ data, config }: CommonOptions, warnOf: (text: string) => void) => ({
  cwd: process.cwd(),
  env: process.env,
  data,
  config,
  warn: warnOf,
});

export type { OperationName };
