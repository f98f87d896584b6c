/** `signalbox man`: the manual page, in the language of man (https://man7.org/linux/man-pages/man7/man.7.html). */
import type { Command } from 'commander';
import { version } from '../client/version.ts';
import type { Catalogue, OwnCommand } from './command.ts';
import { print } from './output.ts';

export const man: OwnCommand = {
  description: 'the manual page, for man',
  isApart: true,
  examples: ['signalbox man | man -l -', 'signalbox man > ~/.local/share/man/man1/signalbox.1'],
  async run(_options, _given, catalogue) {
    print(await manualPage(catalogue));
    return 0;
  },
};

/** The whole page. */
export async function manualPage({ words: names, load }: Catalogue): Promise<string> {
  const parts = await Promise.all(names.map(async words => entryOf(words, await load(words))));
  return [
    `.TH SIGNALBOX 1 "" "signalbox ${version()}" "User Commands"`,
    '.SH NAME',
    text('signalbox - orchestrates AI coding agents: every task is a durable state machine that survives kill -9'),
    '.SH SYNOPSIS',
    '.B signalbox',
    text('command [arguments] [options]'),
    '.SH COMMANDS',
    ...parts,
    '.SH EXIT STATUS',
    ...[
      ['0', 'done'],
      ['1', 'the task failed or is blocked; an event that changed nothing'],
      ['2', 'bad usage or bad configuration; nothing was made'],
      ['3', 'a person is needed'],
      ['130', 'interrupted'],
    ].flatMap(([code, means]) => ['.TP', `.B ${code}`, text(means!)]),
    '.SH ENVIRONMENT',
    ...[
      ['SIGNALBOX_DATA', 'the data directory, instead of .signalbox'],
      ['SIGNALBOX_URL', 'the address of a service to ask'],
      ['SIGNALBOX_API_TOKEN', 'the token for it, and of a service that listens beyond this machine'],
      ['NO_COLOR', 'no colours'],
    ].flatMap(([name, means]) => ['.TP', `.B ${name}`, text(means!)]),
    '.SH FILES',
    '.TP',
    '.B signalbox.config.yaml',
    text('the configuration; signalbox init writes one'),
    '.TP',
    '.B .signalbox/',
    text('the data directory: database, worktrees, output of runs'),
  ].join('\n');
}

function entryOf(words: string, command: Command): string {
  const usage = `signalbox ${words}${command.registeredArguments.map(argument => ` ${argument.required ? `<${argument.name()}>` : `[${argument.name()}]`}`).join('')}`;
  const options = command.options.flatMap(({ flags, description }) => [
    '.TP',
    `.B ${escaped(flags)}`,
    text(description),
  ]);
  return [`.SS ${escaped(usage)}`, text(command.description()), ...options].join('\n');
}

const escaped = (line: string) => line.replaceAll('\\', '\\e').replaceAll('-', '\\-');
/** A line of text: what begins like an order to the formatter is none. */
const text = (line: string) => escaped(line.replaceAll('\n', ' ')).replace(/^([.'])/, '\\&$1');
