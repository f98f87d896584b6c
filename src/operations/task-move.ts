/** A person sends a task to another stage. */
import { z } from 'zod';
import { reason } from './fields.ts';
import { verb } from './sending.ts';

export const taskMove = verb(
  'task.move',
  'go on from another stage; gates are not passed by it',
  { stage: z.string().min(1).max(100).describe('the stage to go on from'), reason },
  { placed: ['stage'], fails: ['noStage'] },
);
