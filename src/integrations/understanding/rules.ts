/**
 * Understands an issue by what is written in it by convention, and guesses nothing: front matter, sentences such as
 * `Blocked by #12`, and labels. Whatever the text is, it takes a time in proportion to it, and throws nothing.
 */
import { bounded, type IssueText, nothingUnderstood, type Understanding } from '../../domain/understanding.ts';
import { readable } from '../webhooks/text.ts';
import { dependenciesIn } from './conventions.ts';
import { readFrontMatter } from './front-matter.ts';
import { readLabels } from './labels.ts';
import { spokenLines } from './prose.ts';
import type { Fields } from './values.ts';

/** What is read of a body; `readable` reads no more. */
const longestBody = 100_000;

export interface Read {
  understanding: Understanding;
  /** References of which the text says that they hold nothing up, or no longer: nobody else may find that they do. */
  denied: string[];
}

export function understandByRules(issue: IssueText): Understanding {
  return readByRules(issue).understanding;
}

/** The same, with what the text denies. Labels count before the body: who may put them on may also write. */
export function readByRules({ body, labels, mayDirect = true }: IssueText): Read {
  const front = readFrontMatter(readable(body).replace(/^\uFEFF/, ''));
  const said = dependenciesIn(spokenLines(front.rest));
  const labelled = readLabels(labels);
  const ordered = mayDirect ? { fields: front.fields, notes: [] } : withoutOrders(front.fields);
  const blocks = mayDirect ? [...front.blocks, ...said.blocks] : [];
  const understanding = bounded({
    ...nothingUnderstood,
    ...ordered.fields,
    ...labelled.fields,
    blockedBy: [...front.blockedBy, ...said.blockedBy],
    blocks,
    notes: [
      ...(body.length > longestBody
        ? [`The body is longer than ${longestBody} characters; the rest is not read.`]
        : []),
      ...front.notes,
      ...labelled.notes,
      ...ordered.notes,
    ],
  });
  return { understanding, denied: [...said.denied, ...front.blocks, ...said.blocks] };
}

/** What an author says who may not write: how much it is, and not what is to be done with it. */
function withoutOrders({ agent, pipeline, priority, ...rest }: Fields): { fields: Fields; notes: string[] } {
  const ordered = Object.entries({ agent, pipeline, priority }).filter(([, value]) => value !== undefined);
  const notes = ordered.map(([name]) => `The ${name} in the front matter does not count: its author may not write.`);
  return { fields: rest, notes };
}
