/**
 * Every expected failure by its stable name: programs and documents refer to these, so a name is never given another
 * meaning. `docs/errors.md` lists them; a test holds both together.
 */

/**
 * The kind of a failure; it decides exit codes and HTTP statuses.
 *
 * - `invalid`: what was asked for makes no sense; nothing changed.
 * - `forbidden`: whoever asks may not.
 * - `not_found`: the thing named does not exist.
 * - `conflict`: somebody else came first; the state is another than believed.
 * - `fenced`: another process has taken over the store; this one must stop.
 * - `unavailable`: the disk, a file or a tool is not usable now; nothing changed.
 */
export type ErrorCode = 'invalid' | 'forbidden' | 'not_found' | 'conflict' | 'fenced' | 'unavailable';

/** What each reason means, and the kind that it belongs to; the HTTP status where it is not that of the kind. */
export const reasons = {
  // What was asked.
  badInput: ['invalid', 'A field of the input is missing, unknown or has a value that it cannot have.'],
  badUsage: ['invalid', 'The command line cannot be understood.'],
  badId: ['invalid', 'An id holds characters that are not safe in paths and branches.'],
  badTitle: ['invalid', 'A title is empty, too long or not a single line.'],
  badBody: ['invalid', 'The body of a work item cannot be read, is no text or is too long.'],
  badBranch: ['invalid', 'A name is not a valid branch name.'],
  titleMissing: ['not_found', 'A task is to be begun and nobody said what is wanted.'],
  unknownEvent: ['invalid', 'There is no such event for a task.', 422],
  internalEvent: ['invalid', 'The event is one that only Signalbox itself sends.'],
  unknownOperation: ['not_found', 'There is no such operation or route.'],
  notBuilt: ['not_found', 'The dashboard has not been built in this checkout.'],
  badMethod: ['invalid', 'The route does not take this method.', 405],
  badMediaType: ['invalid', 'The body is not sent as JSON in UTF-8.', 415],
  badJson: ['invalid', 'The body is not JSON.'],
  badRequest: ['invalid', 'The request is not HTTP as it should be, or not written plainly.'],
  upgradeNeeded: ['invalid', 'The route speaks over a WebSocket.', 426],
  tooLarge: ['invalid', 'The body is larger than what is taken.', 413],
  tooSlow: ['unavailable', 'The request, or whoever reads the answer, took too long.', 408],
  tooOften: ['unavailable', 'There were too many requests from there.', 429],
  keyReused: ['invalid', 'Another order was given under this key before.', 422],
  unauthenticated: ['forbidden', 'The request does not say who asks, or not truly.', 401],
  foreignOrigin: ['forbidden', 'The request comes from a page of another site, or by a name that is not ours.'],
  notAllowed: ['forbidden', 'Whoever asks has not the role that the operation needs.'],
  commandNotAllowed: [
    'forbidden',
    'Only an administrator may name command lines, paths and variables of this machine.',
  ],

  // What there is.
  noTask: ['not_found', 'There is no task with this id.'],
  noRun: ['not_found', 'There is no agent run with this id.'],
  noRunYet: ['not_found', 'No agent has been called for this task yet.'],
  noAttempt: ['not_found', 'The run has no such attempt.'],
  noPromptYet: ['not_found', 'The prompt of the attempt is not written yet.'],
  promptGone: ['not_found', 'The prompt of the attempt is not kept any more.'],
  noChange: ['not_found', 'The task has not changed a file of this name.'],
  noGate: ['invalid', 'The pipeline of the task has no such gate.'],
  noStage: ['invalid', 'The pipeline of the task has no such stage.'],
  noState: ['not_found', 'The machine has no such state.'],
  noProject: ['not_found', 'No project of this name is configured or has a task.'],
  noPipeline: ['not_found', 'There is no pipeline of this name.'],
  noForge: ['not_found', 'No forge of this name is configured.'],
  noDrift: ['not_found', 'Tracker and task say the same of this field.'],
  noRoutine: ['not_found', 'There is no routine of this name.'],
  noBreaker: ['not_found', 'There is no breaker for this provider.'],
  noDeadLetter: ['not_found', 'There is no dead letter with this id.'],
  noLease: ['not_found', 'There is no lease of this name.'],
  noToken: ['not_found', 'There is no token of this name that holds.'],
  noFormat: ['invalid', 'There is no such format.'],
  noMachine: ['not_found', 'There is no machine of this name, and nothing with this id that lives by one.'],
  noActor: ['not_found', 'There is no actor with this id.'],
  beyondLog: ['not_found', 'The position is not in the log of the actor.'],
  badCursor: ['invalid', 'The cursor is not one that a list has answered.'],

  noDelivery: ['not_found', 'There is no delivery with this id.'],
  noSender: ['not_found', 'No forge or tracker of this kind and name is configured.'],

  // What stands in the way.
  idTaken: ['conflict', 'A task has this id already.'],
  tokenTaken: ['conflict', 'There is a token of this name that holds.'],
  branchTaken: ['conflict', 'The branch that the task would work on exists already, or one that is in its way.'],
  notPaused: ['invalid', 'The project is not paused.'],
  weakerSandbox: ['conflict', 'The agent would go on with a weaker sandbox than the task began with.'],
  otherRepository: ['invalid', 'The task works in another repository.'],
  ended: ['conflict', 'The actor has ended and stays as it is.'],
  versionConflict: ['conflict', 'Another transition came first.'],
  inUse: ['conflict', 'A living process owns the data directory.'],
  takenOver: ['fenced', 'Another process has taken over the data directory.'],
  openDoor: ['invalid', 'A service beyond this machine, or behind a proxy, needs a token.'],
  portTaken: ['unavailable', 'The service cannot listen on its address.'],
  stopped: ['unavailable', 'The runtime is stopping; the event was not stored.'],
  fileExists: ['conflict', 'A file is there already and is not overwritten.'],

  // Repositories, pipelines, agents.
  badRepository: ['invalid', 'The path is no git repository with a work tree.'],
  repositoryMissing: ['invalid', 'Nothing says in which repository the work is.'],
  noCommit: ['invalid', 'The repository has no commit to begin on.'],
  noBranch: ['invalid', 'The repository has no such branch, or is on none.'],
  unfitRepository: [
    'invalid',
    'Work could not be done, or not land, in the repository as it is; the text names what and the remedy.',
  ],
  commitGone: ['not_found', 'A commit of the task is not in the repository any more.'],
  branchGone: ['unavailable', 'A branch that the task needs is not there any more.'],
  targetCheckedOut: ['conflict', 'The target is checked out and cannot be moved forward.'],
  worktreeGone: ['unavailable', 'The worktree of the task is not there any more.'],
  gitUnusable: ['unavailable', 'Git could not be run.'],
  gitLocked: ['unavailable', 'Another git holds a lock of the repository, or has left one there.'],
  gitKilled: ['unavailable', 'Git was killed from outside, again and again.'],
  gitTooSlow: ['unavailable', 'Git did not end within its limit and was ended.'],
  gitCutOff: ['unavailable', 'Git was cut off because Signalbox is being interrupted.'],
  gitFailed: ['unavailable', 'A git command failed.'],
  hookFailed: ['unavailable', 'A hook failed.'],
  setUpFailed: ['unavailable', 'What a fresh checkout needs could not be set up.'],
  leadsOut: ['invalid', 'A path leads out of the directory that it belongs to.'],
  pipelineRefuted: ['invalid', 'The pipeline does not hold what must hold of every pipeline.'],
  agentMissing: ['invalid', 'Nothing says which agent works.'],
  badAgent: ['invalid', 'The agent is neither known by name nor a command that can be run.'],
  agentUnusable: ['invalid', "The agent's program cannot be started here."],
  badSandbox: ['invalid', 'The sandbox cannot be made as it is described.'],
  containerStuck: ['unavailable', 'A container could not be removed.'],
  variableMissing: ['invalid', 'An environment variable that the agent needs is not set.'],
  badTemplate: ['invalid', 'A prompt template cannot be used.'],

  // Files and the configuration.
  badDocument: ['invalid', 'A configuration or pipeline has problems; each is listed with its line.'],
  badFile: ['invalid', 'A file is of the wrong kind or cannot be read.'],
  testsThere: ['conflict', 'The configuration already says otherwise how the project is tested.'],
  badBackup: ['invalid', 'The file is no backup that can be restored.'],
  fileMissing: ['invalid', 'There is no such file.'],
  severalConfigurations: ['invalid', 'A directory holds more than one configuration.'],
  configurationUnreadable: ['unavailable', 'The configuration cannot be read.'],
  configurationUnwatched: ['unavailable', 'Changes of the configuration are not noticed.'],

  // The data directory.
  noData: ['not_found', 'There is no Signalbox data in the directory.'],
  olderData: ['invalid', 'The data was made by an earlier version that this one cannot go on with.'],
  newerData: ['invalid', 'The data was written by a newer Signalbox.'],
  unmigratedData: ['unavailable', 'The data was written by an older Signalbox and was not opened for writing since.'],
  foreignData: ['invalid', 'The database belongs to another program.'],
  damagedData: ['unavailable', 'The database is damaged.'],
  directoryUnusable: ['unavailable', 'A directory is missing or cannot be written.'],
  storeUnusable: ['unavailable', 'The database cannot be read or written now.'],
  storeClosed: ['unavailable', 'The store is closed.'],
  storeReadOnly: ['unavailable', 'The store is open for reading only.'],
  notInMemory: ['invalid', 'A store in memory cannot do this.'],

  // Machines.
  unknownMachine: ['invalid', 'There is no machine of this name.'],
  badMachine: ['invalid', 'The machine cannot be run durably.'],
  definitionMissing: ['invalid', 'The definition that an actor lives by is not in the store.'],
  refusedCreation: ['invalid', 'The machine does not take the input; nothing was made.'],
  brokenActor: ['invalid', "The actor's snapshot cannot be restored."],
  badMigration: ['invalid', 'The actor cannot go on by the other definition.'],
  logDiverged: ['conflict', 'The log of an actor does not lead where it says.'],
  noHandler: ['invalid', 'Nobody carries out an action of this name.'],
  notProvided: ['invalid', 'An actor of a machine was not provided by the application.'],

  // The other side.
  forgeUnusable: ['unavailable', 'A forge does not answer, or does not take our token.'],
  noWebhookSecret: ['invalid', 'Nothing is configured that would prove that a delivery is from the forge.'],
  noPublicUrl: ['invalid', 'Nothing says under which address a forge reaches this service.'],
  badSignature: ['forbidden', 'A delivery is not signed as it should be.', 401],
  badDelivery: ['invalid', 'A delivery is no JSON, or does not say what it is.'],
  unreadableDelivery: ['invalid', 'A delivery makes no sense.', 422],
  webhookUnconfigured: ['unavailable', 'No secret is configured with which deliveries would be checked.'],
  outsideRefused: ['invalid', 'A tracker or chat does not do what it was asked for.'],
  forgeRefused: ['invalid', 'A forge does not do what it was asked for.'],
  unreachable: ['unavailable', 'Whoever works on the data could not be reached.'],
  badAnswer: ['unavailable', 'The answer of the other side cannot be understood.'],
} as const satisfies Record<string, readonly [ErrorCode, string, number?]>;

/** The stable name of an expected failure. */
export type Reason = keyof typeof reasons;

/** Whether a text is the name of a failure that we know. */
export const isReason = (text: string): text is Reason => Object.hasOwn(reasons, text);
