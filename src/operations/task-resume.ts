/** A person lets a paused task go on. */
import { reason } from './fields.ts';
import { verb } from './sending.ts';

export const taskResume = verb('task.resume', 'resume a paused task', { reason });
