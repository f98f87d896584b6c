/**
 * What agents ask for by files: read from what they have left, checked and limited; and done in our own name. An agent has
 * no token, so it asks; what it asks for is shown in the log of the task with what became of it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type AgentRequestOrder,
  agentRequest,
  largestRequestBytes,
  mostRequestFiles,
  requestFolder,
} from '../../domain/agent-request.ts';
import { messageOf } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Forge } from '../../integrations/forge.ts';
import { isPassing, OutsideError } from '../../integrations/outside.ts';
import type { AgentRequest } from '../../machines/task/context.ts';
import { readDocument } from '../document.ts';
import { inside } from '../paths.ts';
import { harmless, harmlessTitle } from './harmless.ts';

/** The requests of a round, each with what is wrong with it, if anything is. `documents` is the folder of the task. */
export function readRequests(documents: string): AgentRequest[] {
  const folder = join(documents, requestFolder);
  if (!existsSync(folder)) return [];
  let names: string[];
  try {
    names = readdirSync(inside(documents, requestFolder))
      .filter(name => name.endsWith('.json'))
      .sort();
  } catch (error) {
    return [{ file: requestFolder, request: null, problem: messageOf(error) }];
  }
  const tooMany = names.slice(mostRequestFiles).map(name => ({
    file: shown(name),
    request: null,
    problem: `only ${mostRequestFiles} requests are taken of one round`,
  }));
  return [...names.slice(0, mostRequestFiles).map(name => readRequest(documents, name)), ...tooMany];
}

function readRequest(documents: string, name: string): AgentRequest {
  const file = shown(name);
  try {
    const path = inside(documents, join(requestFolder, name));
    if (statSync(path).size > largestRequestBytes) throw new Error(`it is larger than ${largestRequestBytes} bytes`);
    return {
      file,
      request: agentRequest.parse(JSON.parse(readDocument(path))) as unknown as JsonObject,
      problem: null,
    };
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    return { file, request: null, problem: problem.slice(0, 500) };
  }
}

/** A name that an agent has chosen, in one harmless line; two that would look the same are told apart. */
function shown(name: string): string {
  const plain = name.replace(/[^\w.-]/g, '_').slice(0, 100);
  if (plain === name) return name;
  return `${plain.slice(0, 80)}~${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

/** What is to be done, and where: below the pull request, in the repository. */
export interface RequestsOrder {
  forge: string | null;
  repository: string | null;
  number: number | null;
  taskId: string;
  /** Tells this round from others: part of the marks by which what was done already is found. */
  round: string;
  requests: AgentRequest[];
}

/**
 * Does one after another and answers the event that tells the task. Doing it again does nothing twice. A forge that is away
 * is thrown on as `OutsideError`: all of it is tried again.
 */
export async function performAll(forge: Forge | undefined, order: RequestsOrder) {
  const results: { file: string; outcome: string }[] = [];
  for (const { file, request, problem } of order.requests) {
    const outcome =
      request === null
        ? `refused: ${problem}`
        : await perform(forge, order, file, request as unknown as AgentRequestOrder);
    results.push({ file, outcome });
  }
  return { type: 'requests.done', results };
}

async function perform(
  forge: Forge | undefined,
  order: RequestsOrder,
  file: string,
  request: AgentRequestOrder,
): Promise<string> {
  const { repository, number } = order;
  if (forge === undefined || repository === null) return 'refused: the project is at no forge';
  const marker = `<!-- signalbox:${order.taskId}:${order.round}:${file} -->`;
  const needsPullRequest = request.kind !== 'issue';
  if (needsPullRequest && number === null) return 'refused: there is no pull request yet';
  try {
    switch (request.kind) {
      case 'comment':
      case 'question': {
        const lead = request.kind === 'question' ? '**The agent asks:**\n\n' : '';
        const body = `${marker}\n${lead}${harmless(request.text)}`;
        const { url } = await forge.keepComment(repository, number!, { marker, body });
        return `done: ${url}`;
      }
      case 'issue': {
        const { labels } = request;
        const title = harmlessTitle(request.title);
        const body = `${marker}\n${harmless(request.body)}\n\n_Asked for by an agent that works on ${order.taskId}._`;
        const { url } = await forge.openIssue(repository, { marker, title, body, labels });
        return `done: ${url}`;
      }
      case 'label': {
        const { unknown } = await forge.addLabels(repository, number!, request.labels);
        return unknown.length === 0 ? 'done' : `done, but there is no label ${unknown.join(', ')}`;
      }
    }
  } catch (error) {
    if (!(error instanceof OutsideError) || isPassing(error) || error.failure === 'unauthorized') throw error;
    return `refused by ${forge.name}: ${error.message}`;
  }
}
