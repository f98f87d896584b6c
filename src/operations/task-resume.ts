/** A person lets a paused task go on. */
import { verb } from './sending.ts';

export const taskResume = verb('task.resume', 'go on with a paused task', {});
