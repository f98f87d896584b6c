/** What the guards of a task ask, in words: what is so where they hold. */

/** The parameters of guards that somebody would want to know. */
interface Params {
  gates?: string[];
  gate?: string;
  limit?: number;
  scopes?: { name: string }[];
  stage?: string;
  stages?: string[];
}

const listed = (names: readonly string[] = [], word = 'and') =>
  names.length < 2 ? (names[0] ?? 'none') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;
const all = ({ gates }: Params) => listed(gates);
const any = ({ gates }: Params) => listed(gates, 'or');
const are = ({ gates = [] }: Params) => (gates.length === 1 ? 'is' : 'are');
const whose = ({ scopes = [] }: Params) =>
  listed(
    scopes.map(({ name }) => (name === 'task' ? 'the task' : name)),
    'or',
  );
/** A budget of tries. */
const rarely = ({ limit = 0 }: Params) => `and that was so fewer than ${limit === 1 ? 'once' : `${limit} times`}`;

const words: Record<string, (params: Params) => string> = {
  needsBaseline: () => 'nobody has worked on it yet, and the target was not looked at',
  isOfMachine: () => 'this machine cannot run what judges the work',
  hasRunSucceeded: () => 'the agent has succeeded',
  isRunOverBudget: () => 'the agent was stopped at its budget',
  isSpent: params => `the budget of ${whose(params)} is used up`,
  mayGoCheaperReworkLeft: params => `the budget of ${whose(params)} is used up, and no cheaper model goes on yet`,
  isTooFast: () => 'it spends without passing a stage',
  isNewAtForge: () => 'the forge has no pull request of it yet',
  isForkAt: ({ stage }) => `it goes on from another task at ${stage}`,
  hasBlockers: () => 'something has to be done before it',
  isUnblocked: () => 'all is done that has to be done before it',
  isBlockedForEver: () => 'what has to be done before it will not come by itself',
  isForAnotherQuestion: () => 'it answers another question than is asked now',
  hasObjection: () => 'the agent objects to earlier work',
  hasQuestions: () => 'the agent asks something',
  asksInWords: params => `${any(params)} has failed, and the agent has left nothing but a question`,
  isMerged: () => 'the branch is merged',
  isMoveTo: ({ stage }) => `the stage to go on from is ${stage}`,
  hasReworkLeft: params => `it may happen again, ${rarely(params)}`,
  hasObjectionAndReworkLeft: params => `the agent objects to earlier work, ${rarely(params)}`,
  hasFailed: params => `${any(params)} has failed`,
  areJudged: params => `${all(params)} ${are(params)} judged`,
  haveFailed: params => `${any(params)} has failed, and those have answered that know at once`,
  hasFailedAndReworkLeft: params => `${any(params)} has failed, ${rarely(params)}`,
  isInconclusive: params => `${any(params)} could not be judged`,
  isOnlyInconclusive: params => `${any(params)} could not be judged, none has failed, and the agent does not object`,
  lacksApproval: params => `${all(params)} ${are(params)} not given`,
  arePassed: params => `${all(params)} ${are(params)} passed`,
  hasLapsedAndReworkLeft: params => `${params.gate} was judged for other code than there is now, ${rarely(params)}`,
  mayEnd: params => `${all(params)} ${are(params)} passed, for the code as it is now`,
  mayMerge: params => `${all(params)} ${are(params)} passed, for the code as it is now`,
  mayLand: params => `${all(params)} ${are(params)} passed, for the code as it is now`,
  lacksOnlyJudging: params => `${all(params)} ${are(params)} passed, but for what is judged where it is merged`,
  hasMergedThis: params => `${all(params)} ${are(params)} passed, and the target has the code as it is now`,
  isMadeBy: ({ stages }) => `the code was last changed in ${listed(stages, 'or')}`,
  isUndecided: params => `${any(params)} could not judge the code as it is now`,
  isRefusedBeyond: () => 'gates that are not on the way to the merge have refused the code as it is now',
  isRefusedBeyondAndReworkLeft: params =>
    `gates that are not on the way to the merge have refused the code as it is now, ${rarely(params)}`,
  isAtForge: () => 'its repository is at a forge',
  isAway: () => 'the forge is away, or the repository locked',
  isAwayAndReworkLeft: params => `the forge is away, or the repository locked, ${rarely(params)}`,
  isRefused: () => 'it was refused',
  isUnpublishedAndReworkLeft: params => `what the agent has left cannot be committed as it is, ${rarely(params)}`,
  isAdriftAndReworkLeft: params => `the agent has left the line of its branch, ${rarely(params)}`,
  isOfHead: () => 'it speaks of the commit that was published last',
  isOwnPullRequest: () => 'it speaks of the pull request of the task',
  isOwnNewsAndReworkLeft: params => `it speaks of the work of the task, ${rarely(params)}`,
  isUpdated: () => 'the branch has got what its target has by now',
  hasConflict: () => 'the branch conflicts with its target',
  hasConflictAndReworkLeft: params => `the branch conflicts with its target, ${rarely(params)}`,
  hasMovedAndReworkLeft: params => `the target has moved on, ${rarely(params)}`,
};

/** What is so where this guard of a task holds; null for one of which nobody has said it. */
export function guardMeans(guard: unknown): string | null {
  const { type = guard, params = {} } = (typeof guard === 'object' ? guard : {}) as { type?: unknown; params?: Params };
  return typeof type === 'string' && Object.hasOwn(words, type) ? words[type]!(params) : null;
}
