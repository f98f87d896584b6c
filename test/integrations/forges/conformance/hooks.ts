/** Webhooks: registered once, and what they bring is signed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';
import { pushFiles } from '../git.ts';
import { type Delivery, type Receiver, startReceiver } from '../receiver.ts';
import { marker } from './support.ts';

const secret = 'a secret of thirty-two characters';

export const hookBehaviour: Behaviour = place => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());
  let count = 0;
  /** An address of its own for each test. */
  const address = () => {
    count += 1;
    return `${receiver.url}/${count}`;
  };
  const newRepository = () => place().people.makeRepository({ 'README.md': '# One\n' });

  test('registers a webhook once', async () => {
    const { forge, people } = place();
    const repository = await newRepository();
    const url = address();
    const first = await forge.keepHook(repository, { url, secret });
    expect(first).toMatchObject({ url, isActive: true, was: 'made' });
    expect(await forge.keepHook(repository, { url, secret })).toEqual({ ...first, was: 'there' });
    expect(await people.hooks(repository)).toEqual([{ id: first.id, url }]);
  });

  test('brings a webhook up to date', async () => {
    const { forge, people } = place();
    const repository = await newRepository();
    const url = address();
    const { id } = await forge.keepHook(repository, { url, secret });
    await people.disableHook(repository, id);
    expect(await forge.keepHook(repository, { url, secret })).toMatchObject({ id, isActive: true, was: 'changed' });
    expect((await people.hooks(repository)).length).toBe(1);
  });

  test('signs with the new secret when there is one', async () => {
    const { forge, people, webhook } = place();
    const repository = await newRepository();
    const url = address();
    await forge.keepHook(repository, { url, secret });
    const other = `${secret}, another`;
    const { id, was } = await forge.keepHook(repository, { url, secret: other, hasNewSecret: true });
    expect(was).toBe('changed');
    expect(await people.hooks(repository)).toEqual([{ id, url }]);
    if (!(await forge.testHook(repository, id))) return;
    // GitHub has sent one already when the hook was made, with the old secret.
    const isIt = (delivery: Delivery) => delivery.body.includes(repository) && webhook.isSigned(delivery, other);
    expect(await receiver.next(isIt)).toBeDefined();
  });

  test('asks for a delivery as a proof, and it is signed', async () => {
    const { kind, forge, webhook } = place();
    const repository = await newRepository();
    const { id } = await forge.keepHook(repository, { url: address(), secret });
    if (!(await forge.testHook(repository, id))) return;
    const delivery = await receiver.next(({ body }) => body.includes(repository));
    expect(webhook.isSigned(delivery, secret)).toBe(true);
    expect(webhook.isSigned(delivery, `${secret}, another`)).toBe(false);
    // GitLab sends the secret itself: it says nothing about the body.
    if (kind !== 'gitlab') expect(webhook.isSigned({ ...delivery, body: `${delivery.body} ` }, secret)).toBe(false);
  });

  test('hears of pushes, pull requests, reviews and comments', async () => {
    const { forge, people, webhook } = place();
    const repository = await newRepository();
    await forge.keepHook(repository, { url: address(), secret });
    const sha = await pushFiles(forge, repository, { branch: 'task/one', files: { 'a.txt': 'a\n' } });
    const pull = await forge.openPullRequest(repository, { head: 'task/one', base: 'main', title: 'Add a', body: '' });
    await people.review(repository, pull.number, { verdict: 'approve', body: 'Good.' });
    await forge.keepComment(repository, pull.number, { marker, body: 'Working.' });
    for (const event of ['push', 'pullRequest', 'review', 'comment'] as const) {
      // Older news of the same kind may still be on its way.
      const told = event === 'push' ? sha : repository;
      const delivery = await receiver.next(it => webhook.eventOf(it) === event && it.body.includes(told));
      expect(webhook.isSigned(delivery, secret)).toBe(true);
    }
  });
};
