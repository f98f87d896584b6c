/** A door at which nothing that comes may move the task behind it. */
import { expect, onTestFinished } from 'vitest';
import { type Recorded, recorded, secretOf, signingSecret } from '../integrations/webhooks/deliveries.ts';
import { anew, openReceiving, type Receiving } from './receiving.ts';

/** A site with the task that all of this could mean; at the end it has to be what it was, and to take the next delivery. */
export async function openDoor() {
  const receiving = await openReceiving();
  const { system, post, lines, bytes } = receiving;
  await receiving.task('ORCH-017');
  const state = async () => (await system.runtime.actor('ORCH-017'))!;
  const before = await state();
  onTestFinished(async () => {
    expect((await state()).snapshot).toBe(before.snapshot);
    expect((await post(recorded('gitea/push_multi.json'))).status).toBe(200);
    expect(system.faults).toEqual([]);
    expect(lines.filter(line => line.includes('by a bug'))).toEqual([]);
    for (const secret of [...Object.values(secretOf), signingSecret]) {
      expect(bytes()).not.toContain(secret);
      expect(lines.join('')).not.toContain(secret);
    }
  });
  return receiving;
}

/** Sends each and expects its status, a short problem document without anything of the delivery. */
export async function refused({ post, listed }: Receiving, cases: (readonly [string, Recorded, number])[]) {
  const kept = (await listed()).length;
  for (const [what, delivery, expected] of cases) {
    const answer = await post(what.startsWith('GitLab') ? delivery : anew(delivery));
    expect([what, answer.status]).toEqual([what, expected]);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.body.length).toBeLessThan(700);
    expect(answer.body).not.toMatch(/fixture|whsec|[0-9a-f]{40}/);
    expect(answer.json.detail).toMatch(/[^.]\.$/);
  }
  return (await listed()).length - kept;
}
