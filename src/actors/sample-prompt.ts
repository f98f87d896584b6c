/** A prompt as an agent would get it, with made-up values where nothing is given. */

import { leavesOf, type Stage } from '../machines/pipeline.ts';
import { renderPrompt } from '../prompts/render.ts';
import { sampleVariables } from '../prompts/variables.ts';
import { chooseTemplate, committedTemplates, noOwnTemplates } from './prompt-templates.ts';

export interface Sampled {
  /** Whose own templates count; those that come with Signalbox alone, where no repository is named. */
  found: { repository: string; target: string } | undefined;
  title: string | undefined;
  body: string | undefined;
  /** What came back from the last round. */
  feedback: string | undefined;
}

/** The prompt, and the file that it was made of. Throws `badTemplate`. */
export async function samplePrompt(
  stage: Stage,
  { found, title, body, feedback }: Sampled,
): Promise<{ template: string; text: string }> {
  const { name, role } = stage;
  const own = found === undefined ? noOwnTemplates : await committedTemplates(found.repository, found.target);
  const template = chooseTemplate(own, { stage: name, role });
  const [first, , again] = sampleVariables({ name, role });
  const sample = feedback === undefined ? first! : again!;
  const text = renderPrompt(template, {
    ...sample,
    task: { ...sample.task, ...(title !== undefined && { title }), ...(body !== undefined && { body }) },
    target: found?.target ?? sample.target,
    stage: {
      ...sample.stage,
      leaves: leavesOf(stage),
      questionsFile: stage.questions ?? null,
      objectionFile: stage.objection?.file ?? null,
      objectionTo: stage.objection?.to ?? null,
    },
    feedback: feedback === undefined ? null : { from: 'review', text: feedback },
  });
  return { template: template.file, text };
}
