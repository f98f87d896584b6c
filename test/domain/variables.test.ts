// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables that the configuration fills in.
import { expect, test } from 'vitest';
import { fillIn, isVariableName, variablesIn } from '../../src/domain/variables.ts';
import { compareVersions } from '../../src/domain/version.ts';

test('variables are named in order and filled in', () => {
  expect(variablesIn('${A}/x-${B_2}')).toEqual(['A', 'B_2']);
  expect(fillIn('${A}/x-${B_2}', { A: 'one', B_2: 'two' })).toBe('one/x-two');
});

test('a doubled dollar stands for the characters themselves', () => {
  expect(variablesIn('$${A} $A {A} $$')).toEqual([]);
  expect(fillIn('$${A} $A {A} $$', { A: 'one' })).toBe('${A} $A {A} $$');
});

test('what a variable holds is not filled in again', () => {
  expect(fillIn('${A}', { A: '${B} $& $1', B: 'never' })).toBe('${B} $& $1');
});

test('names that can be no variable are told apart', () => {
  expect(['A', '_a1'].every(isVariableName)).toBe(true);
  expect(['', '1A', 'a-b', 'A:-x', 'a b'].some(isVariableName)).toBe(false);
});

test('versions are compared by their numbers', () => {
  expect(compareVersions('2.10.0', '2.9.9')).toBeGreaterThan(0);
  expect(compareVersions('2.38', '2.38.0')).toBe(0);
  expect(compareVersions('1.0.0-beta.1', '1.0.0')).toBe(0);
  expect(compareVersions('0.169.0', '1.0')).toBeLessThan(0);
});
