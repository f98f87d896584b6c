/** Pipelines that somebody might write, each with what is right to say of it before a task lives by it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkPipeline } from '../../src/machines/check.ts';
import { pipelineSchema } from '../../src/machines/pipeline.ts';

const cases = fileURLToPath(new URL('../fixtures/pipelines/', import.meta.url));
const sourceOf = (file: string): unknown => parse(readFileSync(join(cases, file), 'utf8'));

/** What is wrong, and what is told beside it. */
const expected: Record<string, { wrong?: RegExp[]; notes?: RegExp[] }> = {
  '03-aftermerge': { wrong: [/notes of changelog is asked for only when the code is merged already/] },
  '04-deploybeforereview': { notes: [/nothing is merged/, /deploy has no `merge`.*review judge only afterwards/] },
  '05-approvalonly': {},
  '06-reworkself': { notes: [/nothing is merged/] },
  '07-reworklater': {
    notes: [/a refusal in build leads on to review: tests stays refused until a person sends it back/],
  },
  '08-donemiddle': {
    wrong: [/ship is never reached unless a person sends a task there/],
    notes: [/nothing is merged/, /ship is a detour/, /ship merges, and is a detour/],
  },
  '09-limit0': {},
  '10-fixer': { notes: [/nothing is merged/, /fix is a detour/] },
  '12-mergebuild': {},
  '13-loop': { wrong: [/it is never done: it goes round through build, demo/], notes: [/nothing is merged/] },
  '15-parkbudget': { notes: [/nothing is merged/] },
  '17-skipreview': { wrong: [/review is never reached unless/], notes: [/review is a detour/] },
  '18-mergeless': { notes: [/nothing is merged/] },
  '19-mergeapproval': {},
  '21-twomerges': {},
  '22-donemiddle2': {
    wrong: [/ship is never reached unless/],
    notes: [/nothing is merged/, /ship is a detour/, /ship merges, and is a detour/],
  },
  '23-landingpause': {},
  '24-landingpause2': {},
  '28-ship': {},
  '29-verify': {},
  '30-objection': { notes: [/nothing is merged/] },
};

test.each(Object.entries(expected))('%s', (name, { wrong = [], notes = [] }) => {
  const found = checkPipeline(pipelineSchema.parse(sourceOf(`${name}.yaml`)));
  expect(found.violations.map(({ message }) => message)).toEqual(wrong.map(message => expect.stringMatching(message)));
  expect(found.notes).toEqual(notes.map(note => expect.stringMatching(note)));
  // What is shown, the machine has gone; and one mistake is not told at length.
  for (const { way } of found.violations) expect(way.length).toBeLessThan(40);
});

test.each([
  [
    '01-typos',
    [
      /no stage biuld.*did you mean build/,
      /depoly; there are build, review, deploy, done; did you mean deploy/,
      /revew/,
      /buidl/,
    ],
  ],
  ['02-samegates', [/gate tests exists in build/, /gate tests exists in build/]],
  ['16-names', [/means something/, /means something/, /means something/]],
  ['25-names2', [/means something/, /means something/]],
  ['26-names3', [/means something/, /means something/]],
  ['31-stage-constructor', [/means something/]],
])('%s is refused before it is looked at, with everything that is wrong', (name, problems) => {
  const { error } = pipelineSchema.safeParse(sourceOf(`${name}.yaml`));
  expect(error?.issues.map(({ message }) => message)).toEqual(problems.map(message => expect.stringMatching(message)));
});

test('each case has its expectation', () => {
  const refused = ['01-typos', '02-samegates', '16-names', '25-names2', '26-names3', '31-stage-constructor'];
  const files = readdirSync(cases).map(file => file.replace(/\.yaml$/, ''));
  expect(files.filter(file => file !== 'README.md').sort()).toEqual([...Object.keys(expected), ...refused].sort());
});
