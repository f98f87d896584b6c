/** A template that is wrong is refused with its line, and none can read files or run for ever. */
import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { SignalboxError } from '../../src/domain/errors.ts';
import { renderPrompt, type Template } from '../../src/prompts/render.ts';
import type { PromptAssignment } from '../../src/prompts/variables.ts';
import { variablesFor } from './assignments.ts';

const file = '.signalbox/prompts/review.md';
type Partials = NonNullable<Template['partials']>;

const render = (text: string, given: Partial<PromptAssignment> = {}, partials: Partials = {}) =>
  renderPrompt({ file, text, partials }, variablesFor(given));

function refusal(text: string, given: Partial<PromptAssignment> = {}, partials: Partials = {}): string {
  try {
    render(text, given, partials);
  } catch (error) {
    expect(error).toBeInstanceOf(SignalboxError);
    expect((error as SignalboxError).code).toBe('invalid');
    return (error as SignalboxError).message;
  }
  throw new Error('it was rendered');
}

test.each([
  ['one\n\n{{ task.titel }}', `${file}:3: there is no variable "task.titel"; did you mean task.title?`],
  ['{% if feedbak %}x{% endif %}', `${file}:1: there is no variable "feedbak"; did you mean feedback?`],
  // In a branch that is not taken this time.
  [
    '{% if feedback %}\n{{ feedback.txet }}\n{% endif %}',
    `${file}:2: there is no variable "feedback.txet"; did you mean feedback.text?`,
  ],
  ['{% liquid\n  echo stage.nam\n%}', `${file}:2: there is no variable "stage.nam"; did you mean stage.name?`],
  [
    '{% for leaf in stage.leafs %}{% endfor %}',
    `${file}:1: there is no variable "stage.leafs"; did you mean stage.leaves?`,
  ],
  ['{{ task.body.text }}', `${file}:1: there is no variable "task.body.text"; did you mean task.body?`],
  ['\n{{ workItem | upcaes }}', `${file}:2: there is no filter "upcaes"; did you mean upcase?`],
  ['{% iff feedback %}', `${file}:1: there is no tag "iff"; did you mean if?`],
  ['one\n{% if feedback %}two', `${file}:2: tag {% if feedback %} not closed`],
  ["{% render 'grund-rules' %}", `${file}:1: there is no partial "grund-rules"; did you mean ground-rules?`],
  ['{{ task.body | raw }}', `${file}:1: there is no filter "raw"`],
])('refuses %j', (text, message) => {
  expect(refusal(text)).toContain(message);
});

test('names the partial in which the mistake is', () => {
  const partials = { intro: { file: '.signalbox/prompts/partials/intro.md', text: 'Hello\n{{ task.nmae }}' } };
  expect(refusal("{% render 'intro' %}", {}, partials)).toContain(
    '.signalbox/prompts/partials/intro.md:2: there is no variable',
  );
});

test('asks for what may be null without an error', () => {
  const text =
    '{% if feedback %}{{ feedback.from }}{% else %}none{% endif %} {% if handover %}h{% endif %}{{ stage.questionsFile }}';
  expect(render(text)).toBe('none\n');
  expect(render(text, { feedback: { from: 'testing', text: 'It fails.' } })).toBe('testing\n');
});

test('knows lists, locals and own partials', () => {
  const partials = {
    list: {
      file: 'list.md',
      text: '{% for leaf in stage.leaves %}{{ forloop.index }}: {{ leaf }}\n{% endfor %}{{ more }}',
    },
  };
  const text =
    "{% assign n = stage.leaves | size %}{{ n }} {{ stage.leaves.size }} {{ stage.leaves[0] }}\n{% render 'list', more: n %}";
  expect(render(text, { leaves: ['one', 'two'] }, partials)).toBe('2 2 one\n1: one\n2: two\n2\n');
});

test('an own partial comes before the built-in one of its name', () => {
  const partials = { 'ground-rules': { file: 'ground-rules.md', text: 'Be kind.' } };
  expect(render("{% render 'ground-rules' %}", {}, partials)).toBe('Be kind.\n');
});

test.each([
  "{% render '/etc/passwd' %}",
  "{% render '../../package.json' %}",
  "{% include './review.md' %}",
  "{% layout '/etc/hostname' %}",
  '{% render task.title %}',
])('reads no file: %s', text => {
  expect(refusal(text, { title: '/etc/passwd' })).toMatch(/there is no partial|file path/);
});

test.each([
  '{% for i in (1..100000000) %}{% endfor %}',
  '{% for i in (1..100000) %}{% for j in (1..100000) %}x{% endfor %}{% endfor %}',
  "{% assign x = 'ab' %}{% for i in (1..1000) %}{% assign x = x | append: x %}{% endfor %}",
  "{% assign x = 'ab' %}{% for i in (1..1000) %}{% capture x %}{{ x }}{{ x }}{% endcapture %}{% endfor %}",
  '{% for i in (1..1000000) %}{{ task.body }}{% endfor %}',
  "{{ task.body | split: '' }}",
  "{% render 'self' %}",
  "x{% include 'self' %}",
  '{% if feedback %}'.repeat(20_000),
  'x'.repeat(2_000_000),
])('a template that runs away ends soon: %#', text => {
  const begun = performance.now();
  const partials = { self: { file: 'self.md', text: "again {% render 'self' %}" } };
  expect(refusal(text, { body: 'x'.repeat(100_000) }, partials)).not.toBe('');
  expect(performance.now() - begun).toBeLessThan(8_000);
});

test('blanks without end take no time', () => {
  const begun = performance.now();
  expect(render(`${' '.repeat(190_000)}x{{ task.body }}`, { body: `x${' '.repeat(900_000)}x` })).toContain('x');
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test('a message is short, however long the mistake', () => {
  expect(refusal(`{{ ${'x'.repeat(100_000)} }}`).length).toBeLessThan(700);
  expect(refusal(`{% if ${'x'.repeat(100_000)} %}`).length).toBeLessThan(700);
});
