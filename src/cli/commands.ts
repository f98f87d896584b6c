/** Every command, each loaded when it is typed. That every operation has one is held by the type of the table. */
import type { OperationName } from '../client/signalbox.ts';
import { wordsOf } from '../domain/command-line.ts';
import type { AnyCommand } from './command.ts';

type Load = () => Promise<AnyCommand>;

const byOperation: Record<OperationName, Load> = {
  init: () => import('./init.ts').then(it => it.init),
  doctor: () => import('./doctor.ts').then(it => it.doctor),
  'task.list': () => import('./task.ts').then(it => it.list),
  'task.show': () => import('./task.ts').then(it => it.show),
  'task.add': () => import('./task.ts').then(it => it.add),
  'task.events': () => import('./task.ts').then(it => it.events),
  'task.send': () => import('./task.ts').then(it => it.send),
  'task.approve': () => import('./task.ts').then(it => it.approve),
  'task.reject': () => import('./task.ts').then(it => it.reject),
  'task.answer': () => import('./task.ts').then(it => it.answer),
  'task.retry': () => import('./task.ts').then(it => it.retry),
  'task.pause': () => import('./task.ts').then(it => it.pause),
  'task.resume': () => import('./task.ts').then(it => it.resume),
  'task.move': () => import('./task.ts').then(it => it.move),
  'task.cancel': () => import('./task.ts').then(it => it.cancel),
  'task.snapshot': () => import('./task.ts').then(it => it.snapshot),
  'task.replay': () => import('./task.ts').then(it => it.replay),
  'agent.spawn': () => import('./agent.ts').then(it => it.spawn),
  'agent.list': () => import('./agent.ts').then(it => it.list),
  'agent.show': () => import('./agent.ts').then(it => it.show),
  'agent.files': () => import('./agent.ts').then(it => it.files),
  'agent.logs': () => import('./agent.ts').then(it => it.logs),
  'agent.kill': () => import('./agent.ts').then(it => it.kill),
  'agent.killAll': () => import('./agent.ts').then(it => it.killAll),
  'queue.show': () => import('./queue.ts').then(it => it.show),
  'queue.pause': () => import('./queue.ts').then(it => it.pause),
  'queue.resume': () => import('./queue.ts').then(it => it.resume),
  status: () => import('./status.ts').then(it => it.status),
  'lease.list': () => import('./lease.ts').then(it => it.list),
  'lease.release': () => import('./lease.ts').then(it => it.release),
  'breaker.list': () => import('./breaker.ts').then(it => it.list),
  'breaker.reset': () => import('./breaker.ts').then(it => it.reset),
  'forge.list': () => import('./forge.ts').then(it => it.list),
  'forge.connect': () => import('./forge.ts').then(it => it.connect),
  'deadLetter.list': () => import('./dead-letter.ts').then(it => it.list),
  'deadLetter.retry': () => import('./dead-letter.ts').then(it => it.retry),
  'delivery.list': () => import('./delivery.ts').then(it => it.list),
  'delivery.show': () => import('./delivery.ts').then(it => it.show),
  'delivery.replay': () => import('./delivery.ts').then(it => it.replay),
  'token.create': () => import('./token.ts').then(it => it.create),
  'token.list': () => import('./token.ts').then(it => it.list),
  'token.revoke': () => import('./token.ts').then(it => it.revoke),
  'events.follow': () => import('./events.ts').then(it => it.follow),
  'machine.list': () => import('./machine.ts').then(it => it.list),
  'machine.show': () => import('./machine.ts').then(it => it.show),
  'pipeline.list': () => import('./pipeline.ts').then(it => it.list),
  'pipeline.check': () => import('./pipeline.ts').then(it => it.check),
  'pipeline.show': () => import('./pipeline.ts').then(it => it.show),
  'config.show': () => import('./config.ts').then(it => it.show),
  'config.check': () => import('./config.ts').then(it => it.check),
  'config.schema': () => import('./config.ts').then(it => it.schema),
  'data.verify': () => import('./data.ts').then(it => it.verify),
  'data.backup': () => import('./data.ts').then(it => it.backup),
  'data.prune': () => import('./data.ts').then(it => it.prune),
};

/** Commands that are more than one operation. */
const own: Record<string, Load> = {
  demo: () => import('./demo.ts').then(it => it.demo),
  run: () => import('./run.ts').then(it => it.run),
  serve: () => import('./serve.ts').then(it => it.serve),
};

/** By what is typed: `task list`. */
export const commands: ReadonlyMap<string, Load> = new Map([
  ...Object.entries(own),
  ...Object.entries(byOperation).map(([name, load]): [string, Load] => [wordsOf(name), load]),
]);

/** What the first words stand for where several commands begin with them, and in which order they are listed. */
export const groups: Record<string, string> = {
  init: '',
  doctor: '',
  demo: '',
  run: '',
  serve: '',
  task: 'look at tasks and move them on',
  agent: 'look at agent runs and end them',
  status: '',
  queue: 'what runs, what waits and why',
  lease: 'who may merge into which branch',
  breaker: "breakers of the agents' providers and of forges",
  forge: 'the servers that hold repositories, and how they are connected',
  'dead-letter': 'events and actions that wait for a person',
  delivery: 'what came from forges and trackers, and what it did',
  token: 'who may ask over a network',
  events: '',
  machine: 'the state machines by which everything goes',
  pipeline: 'pipelines, and the proof that they hold',
  config: 'the configuration: what is in force, what may be written',
  verify: '',
  backup: '',
  prune: '',
};
