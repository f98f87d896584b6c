/** The issues of GitHub keep the contract, as far as a fake can tell. */
import { expect, test } from 'vitest';
import { openOne } from './conformance/support.ts';
import { trackerConformance } from './conformance.ts';
import { openFakeGithub } from './github-place.ts';

trackerConformance('the issues of a fake GitHub', openFakeGithub, {
  also(place) {
    test.each(['not_planned', 'duplicate'])('takes what was closed as %s for cancelled', async reason => {
      const { tracker, ask } = place();
      const { ref } = await openOne(place());
      await ask('PATCH', `/repos/${ref.project}/issues/${ref.id}`, { state: 'closed', state_reason: reason });
      expect((await tracker.item(ref))?.state).toEqual({ id: 'closed', name: 'closed', group: 'cancelled' });
      expect(await tracker.show(ref, { state: 'closed' })).toEqual({ isChanged: false, unknown: [] });
    });
  },
});
