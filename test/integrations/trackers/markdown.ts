/** How people write at forges, in Markdown, and what others see of it. */
import type { TrackerPlace } from './conformance.ts';

export const written: TrackerPlace['written'] = {
  plain: text => text,
  quote: text => text.replace(/^/gm, '> '),
  code: text => `\`\`\`\n${text}\n\`\`\``,
  join: (...parts) => parts.join('\n\n'),
};

/** Remarks of HTML are not shown. */
export const seen = (raw: string): string => raw.replace(/<!--[\s\S]*?-->/g, '').trim();

/** Issues of forges are open or closed, and that an edit came at once is not told by times of whole seconds. */
export const forgeIssues = {
  states: { todo: 'open', done: 'closed' },
  ...{ written, seen, tells: { edits: false, history: true } },
};

export const labels = ['agent', 'bug', 'in review'];
