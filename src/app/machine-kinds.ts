/** The machines there are, by name and version, and nothing of what they do outside: enough to read what is stored. */
import type { Json } from '../domain/json.ts';
import { agentRunMachine } from '../machines/agent-run.ts';
import { breakerMachine } from '../machines/breaker.ts';
import { candidateMachine } from '../machines/candidate.ts';
import { conversationMachine } from '../machines/conversation.ts';
import { defaultPipeline } from '../machines/default-pipeline.ts';
import { deliveryMachine, deliveryTags } from '../machines/delivery.ts';
import { gateMachine } from '../machines/gate.ts';
import { intakeLinks, intakeMachine } from '../machines/intake.ts';
import { janitorMachine } from '../machines/janitor.ts';
import { taskLinks } from '../machines/links.ts';
import { mergeQueueMachine } from '../machines/merge-queue.ts';
import { notifierMachine } from '../machines/notifier.ts';
import { orderMachine } from '../machines/order.ts';
import { type Pipeline, pipelineSchema } from '../machines/pipeline.ts';
import { preflightMachine } from '../machines/preflight.ts';
import { reconcilerMachine } from '../machines/reconciler.ts';
import { routineMachine } from '../machines/routine.ts';
import { agentRunTags, taskTags } from '../machines/standing.ts';
import { upgradeTask } from '../machines/task/former.ts';
import { compileTask } from '../machines/task/task.ts';
import { tokenMachine } from '../machines/token.ts';
import { wordMachine, wordTags } from '../machines/word.ts';
import { workerMachine } from '../machines/worker.ts';
import type { MachineKind } from '../runtime/index.ts';

const written = (version: number) => ({ version });

export const machineKinds: readonly MachineKind[] = [
  { name: 'worker', definition: written(3), build: () => workerMachine },
  { name: 'breaker', definition: written(2), build: () => breakerMachine },
  { name: 'preflight', definition: written(1), build: () => preflightMachine },
  { name: 'mergeQueue', definition: written(1), build: () => mergeQueueMachine },
  { name: 'token', definition: written(1), build: () => tokenMachine },
  { name: 'order', definition: written(1), build: () => orderMachine },
  { name: 'reconciler', definition: written(1), build: () => reconcilerMachine },
  { name: 'conversation', definition: written(1), build: () => conversationMachine },
  { name: 'word', definition: written(1), build: () => wordMachine, tags: wordTags as never },
  { name: 'candidate', definition: written(1), build: () => candidateMachine as never },
  { name: 'intake', definition: written(1), build: () => intakeMachine, links: intakeLinks as never },
  { name: 'routine', definition: written(1), build: () => routineMachine },
  { name: 'notifier', definition: written(1), build: () => notifierMachine },
  { name: 'janitor', definition: written(1), build: () => janitorMachine },
  { name: 'agentRun', definition: written(3), build: () => agentRunMachine, tags: agentRunTags },
  {
    name: 'delivery',
    definition: written(1),
    build: () => deliveryMachine,
    tags: snapshot => deliveryTags(snapshot as never),
  },
  { name: 'gate', definition: written(1), build: () => gateMachine },
  {
    name: 'task',
    definition: defaultPipeline as unknown as Json,
    build: definition => compileTask(pipelineSchema.parse(definition) as Pipeline),
    tags: taskTags,
    links: taskLinks,
    upgrade: upgradeTask,
  },
];
