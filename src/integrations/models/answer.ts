/**
 * What is taken of a model's answer. The text that it has read may have told it what to say, so nothing comes out that the
 * text could not have said by itself: only items that it names, only agents that there are and that it asks for.
 */
import { z } from 'zod';
import { quote } from '../../domain/names.ts';
import {
  bounded,
  difficulties,
  mostContextTokens,
  nothingUnderstood,
  type Understanding,
} from '../../domain/understanding.ts';
import type { IssueForModel } from '../model.ts';
import { referencesIn } from '../understanding/references.ts';
import { readable } from '../webhooks/text.ts';

/** What else it answers is not looked at. */
const answer = z.object({
  context_tokens: z.int().nullish(),
  difficulty: z.enum(difficulties).nullish(),
  agent: z.string().nullish(),
  blocked_by: z.array(z.string()).max(500).nullish(),
});

/** The understanding that an answer holds; a text for people where it is none. */
export function readAnswer(given: unknown, issue: IssueForModel): Understanding | string {
  const parsed = answer.safeParse(given);
  if (!parsed.success) return `${parsed.error.issues[0]?.path.join('.') || 'the whole of it'} is not as asked for`;
  const { context_tokens: tokens, difficulty, agent, blocked_by: blockers } = parsed.data;
  const context = contextIn(tokens ?? null);
  const asked = agentIn(agent ?? null, issue);
  const named = blockersIn(blockers ?? [], issue);
  return bounded({
    ...nothingUnderstood,
    ...{ by: 'model', contextTokens: context.value, difficulty: difficulty ?? null, agent: asked.value },
    ...{ blockedBy: named.value, notes: [...context.notes, ...asked.notes, ...named.notes] },
  });
}

function contextIn(tokens: number | null) {
  if (tokens === null || (tokens > 0 && tokens <= mostContextTokens)) return { value: tokens, notes: [] };
  return { value: null, notes: [`The model estimates ${tokens} tokens, which cannot be.`] };
}

function agentIn(agent: string | null, issue: IssueForModel) {
  if (agent === null) return { value: null, notes: [] };
  if (!issue.agents.includes(agent)) {
    return { value: null, notes: [`The model names an agent that there is not: ${quote(agent)}.`] };
  }
  if (issue.mayDirect === false || !isNamed(agent, textOf(issue))) {
    return { value: null, notes: [`The model names the agent ${quote(agent)}, for whom nobody has asked.`] };
  }
  return { value: agent, notes: [] };
}

function blockersIn(blockers: readonly string[], issue: IssueForModel) {
  const written = blockers.length === 0 ? new Set<string>() : referencesIn(textOf(issue));
  const unwritten = blockers.filter(reference => !written.has(reference));
  return {
    value: blockers.filter(reference => written.has(reference)),
    notes: unwritten.map(reference => `The model names ${quote(reference)}, which the issue does not.`),
  };
}

const textOf = ({ title, body }: IssueForModel) => `${readable(title)}\n${readable(body)}`;

/** As a word of its own, in whatever case. */
function isNamed(name: string, text: string): boolean {
  const plain = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_-])${plain}(?![\\p{L}\\p{N}_-])`, 'iu').test(text);
}
