/** Issues for the tests of reading them. */
import type { IssueText, Understanding } from '../../../src/domain/understanding.ts';
import { understandByRules } from '../../../src/integrations/understanding/rules.ts';

export const readBody = (body: string, rest: Partial<IssueText> = {}): Understanding =>
  understandByRules({ title: 'Sort the list', body, labels: [], ...rest });

export const readLabelled = (...labels: string[]): Understanding => readBody('', { labels });
