/** Lets start again what a pause held back. */
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { workerId } from '../machines/addresses.ts';
import type { EventObject } from '../persistence/store.ts';
import { project, workerNow } from './holding.ts';
import { sendOnce, wasSent } from './once.ts';
import { operation } from './operation.ts';
import { workerView } from './views/queue.ts';

export const queueResume = operation({
  name: 'queue.resume',
  summary: 'let agents start again',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  creates: true,
  input: z.strictObject({ project }),
  output: workerView,
  route: { method: 'POST', path: '/queue/resume', status: 200 },
  fails: ['notPaused'],
  async run({ runtime }, { project: name }, who) {
    const by = who.name;
    const paused = Object.keys((await workerNow(runtime)).pausedProjects);
    if (name !== undefined && !paused.includes(name) && !(await wasSent(runtime, workerId, who))) {
      const hint = paused.length === 0 ? 'no project is' : `paused are ${paused.join(', ')}`;
      throw new SignalboxError('invalid', 'notPaused', `Project ${quote(name)} is not paused; ${hint}.`);
    }
    const event: EventObject =
      name === undefined ? { type: 'worker.resume', by } : { type: 'project.resume', project: name, by };
    await sendOnce(runtime, workerId, event, who);
    return workerNow(runtime);
  },
});
