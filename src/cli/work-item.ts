/** A work item as it is given on the command line: what is wanted, and where. */
import type { Command } from 'commander';
import { checkoutAround } from '../client/checkout.ts';
import { SignalboxError } from '../domain/errors.ts';
import { readBody } from './files.ts';
import type { Values } from './flags.ts';

/** Options of a work item that `task add` and `run` share. */
export const workItemFlags = {
  named: {
    project: '--project <name>',
    agent: '--agent <name-or-command>',
    agentEnv: '--agent-env <name>',
    pipeline: '--pipeline <name-or-file>',
    target: '--target <branch>',
    priority: '--priority <1-10>',
    id: '--id <id>',
    body: '--body <text>',
  },
  hidden: ['cwd', 'tryPrograms'],
};

export const addBodyFile = (command: Command) =>
  command.option('--body-file <file>', 'the work item in full, from a file; - reads standard input');

/**
 * What was given of a work item, as the operation takes it. Whoever says nothing of where, and stands in a repository of this
 * machine, means that one. Throws `badBody`, and `badUsage` for two bodies.
 */
export function workItem(given: Values, { bodyFile, url }: Values): Values {
  if (bodyFile !== undefined && given.body !== undefined) {
    throw new SignalboxError('invalid', 'badUsage', 'The work item is given twice, as a text and as a file.', {
      remedy: { say: 'leave one of them out', field: 'bodyFile' },
    });
  }
  const body = bodyFile === undefined ? given.body : readBody(String(bodyFile));
  const isElsewhere = url !== undefined || Boolean(process.env.SIGNALBOX_URL);
  const isSaid = given.repository !== undefined || given.project !== undefined;
  const here = isSaid || isElsewhere ? undefined : checkoutAround(process.cwd());
  return {
    ...given,
    ...(body !== undefined && { body }),
    ...(here !== undefined && { repository: here }),
  };
}
