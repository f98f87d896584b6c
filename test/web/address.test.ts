/** Every view, filter and instant is a place with an address. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressAt, placeAt } from '../../web/src/state/address.ts';

test('an address leads to the place that it was made for', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ minLength: 1 }).filter(part => part !== '.' && part !== '..' && part.isWellFormed()),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      fc.dictionary(
        fc.string({ minLength: 1 }).filter(name => name.isWellFormed() && name !== '__proto__'),
        fc.string({ minLength: 1 }).filter(value => value.isWellFormed()),
      ),
      (path, query) => {
        const place = placeAt(addressAt({ path, query }));
        expect(place.path).toEqual(path);
        expect({ ...place.query }).toEqual({ ...query });
      },
    ),
  );
});

test('an empty field is left out of an address', () => {
  expect(addressAt({ path: ['board'], query: { q: '', project: undefined, group: 'project' } })).toBe(
    '/board?group=project',
  );
});

test('what cannot be decoded is taken as it stands', () => {
  expect(placeAt('/tasks/%E0%A4%A').path).toEqual(['tasks', '%E0%A4%A']);
});
