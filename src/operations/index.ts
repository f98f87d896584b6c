/**
 * Everything that can be asked, by name. An operation is loaded when it is asked for: a command line that answers at once
 * must not read what it does not use.
 */
import type { AnyOperation } from './operation.ts';

export const operations = {
  'task.list': () => import('./task-list.ts').then(it => it.taskList),
  'task.show': () => import('./task-show.ts').then(it => it.taskShow),
  'task.add': () => import('./task-add.ts').then(it => it.taskAdd),
  'task.fork': () => import('./task-fork.ts').then(it => it.taskFork),
  'task.events': () => import('./task-events.ts').then(it => it.taskEvents),
  'task.logs': () => import('./task-logs.ts').then(it => it.taskLogs),
  'task.send': () => import('./task-send.ts').then(it => it.taskSend),
  'task.approve': () => import('./task-approve.ts').then(it => it.taskApprove),
  'task.reject': () => import('./task-reject.ts').then(it => it.taskReject),
  'task.answer': () => import('./task-answer.ts').then(it => it.taskAnswer),
  'task.retry': () => import('./task-retry.ts').then(it => it.taskRetry),
  'task.pause': () => import('./task-pause.ts').then(it => it.taskPause),
  'task.resume': () => import('./task-resume.ts').then(it => it.taskResume),
  'task.cancel': () => import('./task-cancel.ts').then(it => it.taskCancel),
  'task.move': () => import('./task-move.ts').then(it => it.taskMove),
  'task.snapshot': () => import('./task-snapshot.ts').then(it => it.taskSnapshot),
  'task.changes': () => import('./task-changes.ts').then(it => it.taskChanges),
  'task.replay': () => import('./task-replay.ts').then(it => it.taskReplay),
  'task.whatIf': () => import('./task-what-if.ts').then(it => it.taskWhatIf),
  'agent.spawn': () => import('./agent-spawn.ts').then(it => it.agentSpawn),
  'agent.list': () => import('./agent-list.ts').then(it => it.agentList),
  'agent.show': () => import('./agent-show.ts').then(it => it.agentShow),
  'agent.files': () => import('./agent-files.ts').then(it => it.agentFiles),
  'agent.logs': () => import('./agent-logs.ts').then(it => it.agentLogs),
  'agent.prompt': () => import('./agent-prompt.ts').then(it => it.agentPrompt),
  'agent.kill': () => import('./agent-kill.ts').then(it => it.agentKill),
  'agent.killAll': () => import('./agent-kill-all.ts').then(it => it.agentKillAll),
  'queue.show': () => import('./queue-show.ts').then(it => it.queueShow),
  'queue.pause': () => import('./queue-pause.ts').then(it => it.queuePause),
  'queue.resume': () => import('./queue-resume.ts').then(it => it.queueResume),
  board: () => import('./board.ts').then(it => it.board),
  'figures.show': () => import('./figures-show.ts').then(it => it.figuresShow),
  status: () => import('./status.ts').then(it => it.status),
  'lease.list': () => import('./lease-list.ts').then(it => it.leaseList),
  'lease.release': () => import('./lease-release.ts').then(it => it.leaseRelease),
  'breaker.list': () => import('./breaker-list.ts').then(it => it.breakerList),
  'breaker.reset': () => import('./breaker-reset.ts').then(it => it.breakerReset),
  'forge.list': () => import('./forge-list.ts').then(it => it.forgeList),
  'forge.connect': () => import('./forge-connect.ts').then(it => it.forgeConnect),
  'tracker.list': () => import('./tracker-list.ts').then(it => it.trackerList),
  'intake.list': () => import('./intake-list.ts').then(it => it.intakeList),
  drift: () => import('./drift.ts').then(it => it.drift),
  'drift.settle': () => import('./drift-settle.ts').then(it => it.driftSettle),
  'chat.list': () => import('./chat-list.ts').then(it => it.chatList),
  'routine.list': () => import('./routine-list.ts').then(it => it.routineList),
  'routine.run': () => import('./routine-run.ts').then(it => it.routineRun),
  'deadLetter.list': () => import('./dead-letter-list.ts').then(it => it.deadLetterList),
  'deadLetter.retry': () => import('./dead-letter-retry.ts').then(it => it.deadLetterRetry),
  'delivery.list': () => import('./delivery-list.ts').then(it => it.deliveryList),
  'delivery.show': () => import('./delivery-show.ts').then(it => it.deliveryShow),
  'delivery.replay': () => import('./delivery-replay.ts').then(it => it.deliveryReplay),
  'token.create': () => import('./token-create.ts').then(it => it.tokenCreate),
  'token.list': () => import('./token-list.ts').then(it => it.tokenList),
  'token.revoke': () => import('./token-revoke.ts').then(it => it.tokenRevoke),
  'events.follow': () => import('./events-follow.ts').then(it => it.eventsFollow),
  'machine.list': () => import('./machine-list.ts').then(it => it.machineList),
  'machine.show': () => import('./machine-show.ts').then(it => it.machineShow),
  'machine.chart': () => import('./machine-chart.ts').then(it => it.machineChart),
  'pipeline.list': () => import('./pipeline-list.ts').then(it => it.pipelineList),
  'pipeline.show': () => import('./pipeline-show.ts').then(it => it.pipelineShow),
  'pipeline.check': () => import('./pipeline-check.ts').then(it => it.pipelineCheck),
  'prompt.render': () => import('./prompt-render.ts').then(it => it.promptRender),
  look: () => import('./look.ts').then(it => it.look),
  'config.show': () => import('./config-show.ts').then(it => it.configShow),
  'config.check': () => import('./config-check.ts').then(it => it.configCheck),
  'config.schema': () => import('./config-schema.ts').then(it => it.configSchema),
  'data.verify': () => import('./data-verify.ts').then(it => it.dataVerify),
  'data.backup': () => import('./data-backup.ts').then(it => it.dataBackup),
  'data.restore': () => import('./data-restore.ts').then(it => it.dataRestore),
  'data.prune': () => import('./data-prune.ts').then(it => it.dataPrune),
  'gates.detect': () => import('./gates-detect.ts').then(it => it.gatesDetect),
  doctor: () => import('./doctor.ts').then(it => it.doctor),
  init: () => import('./init.ts').then(it => it.init),
} as const;

/** Those that answer bit by bit. */
export const streamNames = ['agent.logs', 'events.follow', 'task.logs'] as const satisfies (keyof typeof operations)[];

export type Operations = typeof operations;
export type OperationName = keyof Operations;
export const operationNames = Object.keys(operations) as OperationName[];
/** Every operation, loaded. */
export const allOperations = (): Promise<AnyOperation[]> => Promise.all(operationNames.map(name => operations[name]()));
export const isOperation = (name: string): name is OperationName => Object.hasOwn(operations, name);
