/** The prompts that are shipped say exactly what the gates of the default pipeline look for. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { requestSchemaText } from '../../scripts/requests.ts';
import { frontMatter } from '../../src/actors/gates/verdict.ts';
import { chooseTemplate } from '../../src/actors/prompt-templates.ts';
import { agentRequest, largestRequestBytes, mostRequestFiles } from '../../src/domain/agent-request.ts';
import { builtInTemplate, renderPrompt } from '../../src/prompts/render.ts';
import {
  documentedVariables,
  type PromptAssignment,
  sampleVariables,
  variablesOf,
} from '../../src/prompts/variables.ts';
import { assignmentOf, stages, takeApart } from './assignments.ts';

const noOwn = { templates: new Map(), partials: {} };

function promptOf(stageName: string, given: Partial<PromptAssignment> = {}): string {
  const assignment = assignmentOf(stageName, given);
  return renderPrompt(chooseTemplate(noOwn, assignment), variablesOf(assignment));
}

const situations: Record<string, Partial<PromptAssignment>> = {
  'the first attempt': {},
  'no text': { body: '' },
  rework: { attempt: 2, feedback: { from: 'review', text: 'Finding number 1.' } },
  'what was said before the first': { feedback: { from: 'ann', text: 'Finding number 1.' } },
  'what people have decided': {
    decisions: [
      { kind: 'answer', stage: 'analysis', question: 'Which currency?', text: 'Finding number 1.', by: 'ann' },
      { kind: 'rejection', stage: 'review', question: null, text: 'The API stays.', by: 'ben' },
    ],
  },
  'a takeover': { handover: { summary: 'Half of it is done.', changes: ' total.sh | 2 +-' } },
};

describe.each(stages.map(stage => [stage.name, stage] as const))('%s', (name, stage) => {
  test.each(Object.entries(situations))('renders for %s', (_, given) => {
    const prompt = promptOf(name, given);
    expect(prompt).toContain('# ET-1: "Fix the total"');
    expect(prompt).toContain(`You are the ${stage.role} in the stage \`${name}\``);
    expect(prompt).not.toMatch(/\{\{|\{%|\n\n\n|undefined|\[object/);
    expect(prompt.includes('Two items at 3.00 cost 3.00.')).toBe(given.body !== '');
    expect(prompt.includes('Finding number 1.')).toBe(given.feedback !== undefined || given.decisions !== undefined);
    // There is no earlier work to go on from.
    expect(prompt.includes('the earlier work')).toBe(given.attempt === 2);
  });

  test('has a template of its own, for its name and for its role', () => {
    expect(chooseTemplate(noOwn, { stage: name, role: 'somebody' }).file).toBe(`prompts/${name}.md`);
    expect(chooseTemplate(noOwn, { stage: 'somewhere', role: stage.role }).file).toBe(`prompts/${name}.md`);
  });

  test('names every file, and every word of the front matter', () => {
    const prompt = promptOf(name);
    expect(prompt).toContain('docs/work-items/ET-1/');
    for (const gate of stage.gates) {
      if (gate.kind === 'artifacts') for (const file of gate.files) expect(prompt).toContain(file);
      if (gate.kind !== 'verdict') continue;
      expect(prompt).toContain(gate.file);
      for (const word of [...gate.pass, ...gate.fail]) expect(prompt).toContain(`${gate.field}: ${word}`);
    }
    for (const file of [stage.questions, stage.objection?.file]) {
      if (file !== undefined) expect(prompt).toContain(`docs/work-items/ET-1/${file}`);
    }
    if (stage.objection !== undefined) expect(prompt).toContain(`goes back to \`${stage.objection.to}\``);
    expect(prompt.includes('When you have to ask')).toBe(stage.questions !== undefined);
    expect(prompt.includes('cannot stand')).toBe(stage.objection !== undefined);
  });

  test('shows a front matter that the gate takes for a pass', () => {
    const gate = stage.gates.find(({ kind }) => kind === 'verdict');
    if (gate?.kind !== 'verdict') return;
    const shown = takeApart(promptOf(name)).blocks.map(block => frontMatter(block));
    expect(shown).toContainEqual({ [gate.field]: gate.pass[0] });
  });

  test('carries the ground rules', () => {
    const prompt = promptOf(name);
    for (const rule of [
      'Do not push',
      'Never weaken, skip or fake',
      'do not ask',
      '/srv/worktrees/task-1',
      'finish with a message',
    ]) {
      expect(prompt).toContain(rule);
    }
  });
});

test('only who judges is told to change nothing', () => {
  const isReadOnly = (stage: string) => promptOf(stage).includes('Change nothing outside `docs/work-items/ET-1/`');
  expect(stages.map(({ name }) => name).filter(isReadOnly)).toEqual(['review', 'testing', 'deploy']);
});

test('a developer may merge the target when the branch conflicts with it, and only then', () => {
  const conflict = { feedback: { from: 'merge', text: 'The branch conflicts with its target in:\ntotal.sh' } };
  expect(promptOf('development', conflict)).toContain('git merge main');
  expect(promptOf('development', situations.rework)).not.toContain('git merge main');
});

test('where a branch conflicts at a forge, what the forge has is merged and not what was here before', () => {
  const conflict = { atForge: true, feedback: { from: 'merge', text: 'Merge signalbox/home/main into it.' } };
  const { words } = takeApart(promptOf('development', conflict));
  expect(words).toContain('the branch that the message below names');
  expect(words).not.toContain('git merge main');
});

describe('requests', () => {
  test('are offered at a forge alone, in every stage', () => {
    for (const { name } of stages) {
      expect(promptOf(name)).not.toContain('requests/');
      expect(promptOf(name, { atForge: true })).toContain('`docs/work-items/ET-1/requests/`');
    }
  });

  test('are shown as they are taken, each kind once, with the limits that hold', () => {
    const prompt = promptOf('development', { atForge: true });
    const block = takeApart(prompt).blocks.find(text => text.includes('"kind"'))!;
    const shown = block.split('\n').map(line => agentRequest.parse(JSON.parse(line)).kind);
    expect(shown.sort()).toEqual(['comment', 'issue', 'label', 'question']);
    expect(prompt).toContain(`At most ${mostRequestFiles} of a round`);
    expect(prompt).toContain(`none larger than ${largestRequestBytes / 1024} kB`);
    const limits = JSON.stringify(z.toJSONSchema(agentRequest)).match(/(?<="maxLength":)\d{3,}/g)!;
    for (const limit of limits) expect(prompt).toContain(Number(limit).toLocaleString('en-US'));
  });

  test('have a schema beside the documents that is the one in force', () => {
    const written = readFileSync(new URL('../../docs/agent-request.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(written)).toEqual(JSON.parse(requestSchemaText()));
  });
});

test('a stage that nobody has written a template for gets the default one', () => {
  const template = chooseTemplate(noOwn, { stage: 'translation', role: 'translator' });
  expect(template.file).toBe('prompts/default.md');
  const prompt = renderPrompt(
    template,
    variablesOf(assignmentOf('review', { stage: 'translation', role: 'translator' })),
  );
  expect(prompt).toContain('You are the translator');
  expect(prompt).toContain('12-review.md');
});

test('a stage called like a special template does not get it', () => {
  for (const name of ['handover', 'resume', 'default']) {
    expect(chooseTemplate(noOwn, { stage: name, role: name }).file).toBe('prompts/default.md');
  }
});

test('every shipped template renders in every situation', () => {
  const names = readdirSync(new URL('../../prompts/', import.meta.url)).filter(file => file.endsWith('.md'));
  expect(names).toHaveLength(9);
  for (const name of names) {
    for (const variables of sampleVariables({ name: 'review', role: 'reviewer' })) {
      expect(renderPrompt(builtInTemplate(name.slice(0, -3))!, variables), name).not.toBe('');
    }
  }
});

test('the documentation names every variable', () => {
  const page = readFileSync(new URL('../../docs/prompts.md', import.meta.url), 'utf8');
  for (const path of Object.keys(documentedVariables)) expect(page).toContain(`\`${path}\``);
});
