/** Starts no agent any more, in one project or at all, until somebody resumes; what runs goes on to its end. */
import { z } from 'zod';
import { workerId } from '../machines/addresses.ts';
import type { EventObject } from '../persistence/store.ts';
import { project, requireProject, workerNow } from './holding.ts';
import { sendOnce } from './once.ts';
import { operation } from './operation.ts';
import { workerView } from './views/queue.ts';

export const queuePause = operation({
  name: 'queue.pause',
  summary: 'start no agent any more until "resume"; those at work go on to their end',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  creates: true,
  input: z.strictObject({ project }),
  output: workerView,
  route: { method: 'POST', path: '/queue/pause', status: 200 },
  fails: ['noProject'],
  async run(app, { project: name }, who) {
    if (name !== undefined) await requireProject(app, name);
    const by = who.name;
    const event: EventObject =
      name === undefined ? { type: 'worker.drain', by } : { type: 'project.pause', project: name, by };
    await sendOnce(app.runtime, workerId, event, who);
    return workerNow(app.runtime);
  },
});
