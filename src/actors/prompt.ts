/** The prompt of a run: the project's own template where it has committed one, otherwise the one that comes with Signalbox. */
import { renderPrompt, type Template } from '../prompts/render.ts';
import { type PromptAssignment, variablesOf } from '../prompts/variables.ts';
import { chooseTemplate, committedTemplates, headTemplate, noOwnTemplates } from './prompt-templates.ts';

/**
 * The prompt as Markdown. A resumed session knows its assignment and is only told to go on; a session that takes over
 * from another is told so and then gets the whole assignment. Throws `invalid` when a template is wrong, with its line.
 */
export async function promptFor(assignment: PromptAssignment): Promise<string> {
  const { repository, target, targetRef, kind, hasPrompts } = assignment;
  const committed = hasPrompts ? await committedTemplates(repository, target, targetRef) : noOwnTemplates;
  const variables = variablesOf(assignment);
  const render = (template: Template) => renderPrompt(template, variables);
  if (kind === 'resumed') return render(headTemplate(committed, 'resume'));
  const whole = render(chooseTemplate(committed, assignment));
  return kind === 'handover' ? `${render(headTemplate(committed, 'handover'))}\n---\n\n${whole}` : whole;
}
