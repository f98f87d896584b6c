/** A project's own templates count as they are committed on the target branch, and nowhere else. */
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { promptFor } from '../../src/actors/prompt.ts';
import { checkTemplates } from '../../src/actors/prompt-check.ts';
import { findTemplate } from '../../src/actors/prompt-templates.ts';
import { commitFiles, createProject, git, write } from '../actors/repository.ts';
import { assignmentOf } from './assignments.ts';

const own = (name: string) => `.signalbox/prompts/${name}.md`;
const review = { target: 'main', stage: 'review', role: 'reviewer' };

test('an own template of the target branch wins over the built-in one', async () => {
  const { repository } = createProject();
  expect((await findTemplate({ repository, ...review })).file).toBe('prompts/review.md');
  commitFiles(repository, { [own('reviewer')]: 'By role.' });
  expect(await findTemplate({ repository, ...review })).toMatchObject({ file: own('reviewer'), text: 'By role.' });
  commitFiles(repository, { [own('review')]: 'By stage.' });
  expect(await findTemplate({ repository, ...review })).toMatchObject({ file: own('review'), text: 'By stage.' });
});

test('an own default serves stages that have no other template', async () => {
  const { repository } = createProject();
  commitFiles(repository, { [own('default')]: 'Anything.' });
  expect((await findTemplate({ repository, ...review })).file).toBe('prompts/review.md');
  expect((await findTemplate({ repository, target: 'main', stage: 'translation', role: 'translator' })).text).toBe(
    'Anything.',
  );
});

test('what is not committed, or committed elsewhere, is not used', async () => {
  const { repository } = createProject();
  git(repository, 'checkout', '--quiet', '-b', 'other');
  commitFiles(repository, { [own('review')]: 'From another branch.' });
  git(repository, 'checkout', '--quiet', 'main');
  write(repository, { [own('review')]: 'Not committed.' });
  expect((await findTemplate({ repository, ...review })).file).toBe('prompts/review.md');
});

test('a symbolic link is no template', async () => {
  const { repository, directory } = createProject();
  writeFileSync(join(directory, 'secret'), 'SECRET');
  commitFiles(repository, { [own('developer')]: 'x' });
  symlinkSync(join(directory, 'secret'), join(repository, own('review')));
  commitFiles(repository, {});
  expect((await findTemplate({ repository, ...review })).file).toBe('prompts/review.md');
});

test('own partials serve own and built-in templates', async () => {
  const { repository } = createProject();
  commitFiles(repository, {
    [own('review')]: "{% render 'house' %} {{ stage.role }}",
    [own('partials/house')]: 'Our house, {{ workItem }}.',
    [own('partials/ground-rules')]: 'Our own rules.',
  });
  expect(await promptFor(assignmentOf('review', { repository }))).toBe('Our house, ET-1. reviewer\n');
  expect(await promptFor(assignmentOf('testing', { repository }))).toContain('Our own rules.');
});

test('a resumed session is told to go on, one that takes over gets the whole assignment', async () => {
  const { repository } = createProject();
  const resumed = await promptFor(assignmentOf('review', { repository, kind: 'resumed' }));
  expect(resumed).toContain('You were interrupted');
  expect(resumed).toContain('12-review.md');
  expect(resumed).not.toContain('Ground rules');
  const handover = { summary: 'Half of it is done.', changes: ' total.sh | 2 +-' };
  const taken = await promptFor(assignmentOf('review', { repository, kind: 'handover', handover }));
  for (const part of [
    'You take over',
    'Half of it is done.',
    'total.sh | 2',
    '# ET-1: "Fix the total"',
    'Ground rules',
  ]) {
    expect(taken).toContain(part);
  }
  commitFiles(repository, { [own('resume')]: 'Go on, {{ stage.role }}.' });
  expect(await promptFor(assignmentOf('review', { repository, kind: 'resumed' }))).toBe('Go on, reviewer.\n');
});

test('without its target branch there is no prompt', async () => {
  const { repository } = createProject();
  const asked = promptFor(assignmentOf('review', { repository, target: 'gone' }));
  await expect(asked).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('no branch gone'),
  });
});

test('a template that is too large is refused by name', async () => {
  const { repository } = createProject();
  commitFiles(repository, { [own('review')]: 'x'.repeat(300_000) });
  const asked = promptFor(assignmentOf('review', { repository }));
  await expect(asked).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining(own('review')) });
  expect(await checkTemplates(repository, 'main')).toMatchObject([{ level: 'error' }]);
});

test('a name of any form is read', async () => {
  const { repository } = createProject();
  commitFiles(repository, { [own('partials/ärger "1"')]: 'Hello.', [own('review')]: `{% render 'ärger "1"' %}` });
  expect(await promptFor(assignmentOf('review', { repository }))).toBe('Hello.\n');
});

test('checking finds nothing wrong with a project without templates, or with good ones', async () => {
  const { repository } = createProject();
  expect(await checkTemplates(repository, 'main')).toEqual([]);
  commitFiles(repository, {
    [own('review')]: "{% if feedback %}{{ feedback.text }}{% endif %}{% render 'ground-rules' %}",
  });
  expect(await checkTemplates(repository, 'main')).toEqual([]);
});

test('checking finds mistakes by their line, in partials too', async () => {
  const { repository } = createProject();
  commitFiles(repository, {
    [own('review')]: 'x\n{{ task.titel }}',
    [own('partials/feedback')]: '\n\n{{ feedback.txt }}',
  });
  const problems = await checkTemplates(repository, 'main');
  expect(problems).toEqual([
    {
      level: 'error',
      file: own('review'),
      message: `${own('review')}:2: there is no variable "task.titel"; did you mean task.title?`,
    },
    {
      level: 'error',
      file: own('partials/feedback'),
      message: `${own('partials/feedback')}:3: there is no variable "feedback.txt"; did you mean feedback.text?`,
    },
  ]);
});

test('checking warns of templates that are not in use', async () => {
  const { repository } = createProject();
  commitFiles(repository, { [own('review')]: 'One.' });
  write(repository, { [own('review')]: 'Two.', [own('testing')]: 'Three.' });
  const problems = await checkTemplates(repository, 'main');
  expect(problems.map(({ level, file }) => [level, file])).toEqual([
    ['warning', own('review')],
    ['warning', own('testing')],
  ]);
  expect(problems[0]!.message).toContain('differs');
  expect(problems[1]!.message).toContain('not committed on main');
  write(repository, { '.gitignore': '.signalbox/\n' });
  expect((await checkTemplates(repository, 'main'))[1]!.message).toContain('git add --force');
});

test('a bare repository has templates too', async () => {
  const { repository, directory } = createProject();
  commitFiles(repository, { [own('review')]: 'From a bare repository.' });
  const bare = join(directory, 'bare.git');
  execFileSync('git', ['clone', '--quiet', '--bare', repository, bare]);
  expect(await promptFor(assignmentOf('review', { repository: bare }))).toBe('From a bare repository.\n');
  expect(await checkTemplates(bare, 'main')).toEqual([]);
});
