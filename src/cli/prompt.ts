/** `signalbox prompt render`: what an agent of a stage is asked. */
import { answers } from './command.ts';
import { harmless, note, print } from './output.ts';
import { addBodyFile, workItem } from './work-item.ts';

export const render = answers({
  operation: 'prompt.render',
  named: { project: '--project <name>', pipeline: '--pipeline <name-or-file>', body: '--body <text>' },
  extra: addBodyFile,
  input: workItem,
  examples: [
    'signalbox prompt render review                       # with the templates of the repository in which you stand',
    'signalbox prompt render development --project shop --feedback "The test is missing."',
  ],
  show({ template, text }) {
    note(`# ${template}`);
    print(harmless(text.trimEnd()));
  },
});
