/** The issues of GitLab keep the contract, as far as a fake can tell. */
import { expect, test } from 'vitest';
import { createGitlabForge } from '../../../src/integrations/forges/gitlab.ts';
import { pushFiles } from '../forges/git.ts';
import { openOne } from './conformance/support.ts';
import { trackerConformance } from './conformance.ts';
import { openFakeGitlab, pathOf } from './gitlab-place.ts';

trackerConformance('the issues of a fake GitLab', openFakeGitlab, {
  also(place) {
    test('tells who moved and labelled it, and not who it was given to', async () => {
      const { tracker, maria, people } = place();
      const { ref } = await openOne(place());
      await people.label(ref, ['bug']);
      await people.assign(ref, true);
      await tracker.history(ref, null);
      await people.moveItem(ref, 'closed');
      // What happens within one millisecond has no order.
      await tracker.history(ref, null);
      await people.label(ref, []);
      const changes = (await tracker.history(ref, null))!;
      expect(changes.map(({ field, from, to }) => ({ field, from, to }))).toEqual([
        { field: 'label', from: null, to: 'bug' },
        { field: 'state', from: 'open', to: 'closed' },
        { field: 'label', from: 'bug', to: null },
      ]);
      const her = (await maria.account()).id;
      expect(changes.map(change => change.by?.id)).toEqual([her, her, her]);
      expect(await tracker.history(ref, changes[1]!.at)).toEqual(changes.slice(1));
    });

    test('keeps an issue and a merge request of one number apart', async () => {
      const { fake, tracker, ask } = place();
      const { project, ref } = await openOne(place(), { title: 'An issue' });
      const forge = createGitlabForge({ name: 'codehost', url: fake.url, token: fake.tokenOf('maria') });
      await pushFiles(forge, project, { branch: 'task/one', files: { 'new.txt': 'new\n' } });
      const wanted = { source_branch: 'task/one', target_branch: 'main', title: 'A merge request' };
      await ask('POST', `/projects/${encodeURIComponent(project)}/merge_requests`, wanted);
      const request = { project, id: '!1' };
      expect([(await tracker.item(ref))?.title, (await tracker.item(request))?.title]).toEqual([
        'An issue',
        'A merge request',
      ]);
      expect(await tracker.itemByKey(project, '!1')).toMatchObject({ key: '!1', title: 'A merge request' });
      expect(await tracker.show(request, { addLabels: ['bug'] })).toEqual({ isChanged: true, unknown: [] });
      expect((await tracker.item(ref))?.labels).toEqual([]);
      const { id } = await tracker.keepComment(request, { marker: '<!-- one -->', body: 'Working.' });
      expect(await tracker.comment(ref, id)).toBeUndefined();
      expect(await tracker.comment(request, id)).toMatchObject({ id });
      expect(await tracker.history(request, null)).toMatchObject([{ field: 'label', to: 'bug' }]);
    });

    test('moves an item and changes its labels by one request', async () => {
      const { fake, tracker, ask } = place();
      const { ref } = await openOne(place(), { labels: ['agent'] });
      const before = await ask<{ updated_at: string }>('GET', pathOf(ref));
      fake.limit({ perMinute: 3 });
      try {
        // The issue, the labels of the project, and what is written.
        await tracker.show(ref, { state: 'closed', addLabels: ['bug'], removeLabels: ['agent'] });
      } finally {
        fake.limit(null);
      }
      expect(await ask('GET', pathOf(ref))).not.toEqual(before);
    });
  },
});
