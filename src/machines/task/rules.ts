/** The guards and actions of every task, whatever its pipeline: what lets it pass, what it remembers, what it asks for. */
import { type ActorRefFrom, assign, sendTo, setup } from 'xstate';
import { actorRef } from '../../domain/actor-ref.ts';
import type { AgentSpec } from '../../domain/agent-spec.ts';
import {
  addSpent,
  type Budget,
  exhausted,
  formatAmount,
  leftOf,
  measures,
  nothingSpent,
  type Spent,
  spentOf,
  tighter,
} from '../../domain/budget.ts';
import { addUsage } from '../../domain/usage.ts';
import type { GateReport, Verdict } from '../../domain/verdict.ts';
import { workerId } from '../addresses.ts';
import { agentRunMachine } from '../agent-run.ts';
import type { AgentRunOutput } from '../agent-run-context.ts';
import { failureIn } from '../failure.ts';
import { type GateOutput, gateMachine } from '../gate.ts';
import { notProvided, pureActor } from '../provided.ts';
import type {
  Away,
  Baseline,
  LookedAtBlockers,
  Merged,
  Prepared,
  Published,
  Pushed,
  QuestionKind,
  Refusal,
  TaskContext,
  TaskEvent,
  TaskInput,
  Unpublished,
  Updated,
} from './context.ts';
import { decisionIn, feedbackOf, withDecision } from './decided.ts';
import { judgedOnBranch } from './forking.ts';
import { isForNow, isOwedPassed, lacksOnly, type Owed, refusalsBeyond } from './owing.ts';
import { isBefore, isForAnother, type Said } from './question.ts';
import { announceAsking, awaitBlockers, endConversation, tellAwaiting } from './talking.ts';
import { firstLine, shorten, textOf } from './text.ts';

const longestFeedback = 4_000;
const longestObjection = 500;
const mostRequests = 50;
/** The budget under which tries are counted while a forge is away. */
const awayBudget = 'forge.away';
const awayBackoff = { baseMs: 5_000, capMs: 300_000 };

interface DoneEvent<T> {
  type: string;
  output: T;
  at: number;
}

const outputOf = <T>(event: unknown) => (event as DoneEvent<T>).output;
const atOf = (event: unknown) => (event as { at: number }).at;
const mostNoticed = 20;

/** What was noticed by now, with what is new; the oldest go. */
const withNoticed = (
  { noticed = [] }: TaskContext,
  event: unknown,
  { stage, texts }: { stage: string; texts: readonly string[] },
) => [...noticed, ...texts.map(text => ({ stage, text: shorten(text, 600), at: atOf(event) }))].slice(-mostNoticed);

const isOverBudget = (event: unknown) => outputOf<AgentRunOutput | undefined>(event)?.outcome === 'budget';
const hasVerdict = (context: TaskContext, gate: string, word: Verdict['verdict']) =>
  context.verdicts[gate]?.verdict === word;

type Judged = Pick<TaskContext, 'verdicts' | 'refused'>;

const judgedIn = ({ verdicts, refused }: TaskContext): Judged => ({
  verdicts,
  ...(refused !== undefined && { refused }),
});

/** So much refused code is remembered. */
const mostRefused = 100;

/** What was judged, with one more verdict: what a gate passes it refuses no longer. */
function withVerdict({ verdicts, refused = [] }: Judged, verdict: Verdict): Judged {
  const { gate, codeTree } = verdict;
  const others = refused.filter(one => one.gate !== gate || one.codeTree !== codeTree);
  const all =
    verdict.verdict === 'fail' ? [...others, { gate, codeTree }] : verdict.verdict === 'pass' ? others : refused;
  return {
    verdicts: { ...verdicts, [gate]: verdict },
    ...((refused.length > 0 || all.length > 0) && { refused: all.slice(-mostRefused) }),
  };
}

/** What a person decides in place of a gate, for the code as it is now. */
function personsWord(context: TaskContext, event: unknown, { stage, gate }: { stage: string; gate: string }): Verdict {
  const by = textOf(event, 'by') || 'a person';
  const { codeTree } = context;
  const reason = textOf(event, 'reason');
  const detail = `decided by ${by}${reason === '' ? '' : `: ${shorten(reason, longestFeedback)}`}`;
  return { gate, verdict: 'pass', detail, stage, codeTree, by, at: atOf(event) };
}

/** Whether a gate has said so of the code as it is now. */
const saysNow = (context: TaskContext, gate: string, word: Verdict['verdict']) =>
  hasVerdict(context, gate, word) && context.verdicts[gate]?.codeTree === context.codeTree;

/** A budget over several runs, by the name under which its use is kept: a stage's, or `task`. */
export interface BudgetScope {
  name: string;
  budget: Budget;
}

const spentIn = (context: TaskContext, scope: string): Spent =>
  scope === 'task' ? context.spent : (context.stageSpent[scope] ?? nothingSpent);

/** A budget as often as it was granted. */
function grantedBudget(context: TaskContext, { name, budget }: BudgetScope): Budget {
  const times = 1 + (context.grants[name] ?? 0);
  const granted = measures.map(measure => {
    const amount = budget[measure];
    return [measure, amount === null ? null : amount * times];
  });
  return Object.fromEntries(granted) as Budget;
}

const isUsedUp = (context: TaskContext, scope: BudgetScope) =>
  exhausted(grantedBudget(context, scope), spentIn(context, scope.name)) !== undefined;

/** What a run may use: what its scopes have left, and no more than a run may by itself. */
export function leftFor(context: TaskContext, scopes: readonly BudgetScope[], run: Budget): Budget {
  return scopes.reduce(
    (least, scope) => tighter(least, leftOf(grantedBudget(context, scope), spentIn(context, scope.name))),
    run,
  );
}

/** What the branch has changed of how it is judged, as its gates have found. */
export const concernsOf = ({ verdicts }: TaskContext): string[] => [
  ...new Set(Object.values(verdicts).flatMap(({ concerns = [] }) => concerns)),
];

export const taskSetup = setup({
  types: {} as { input: TaskInput; context: TaskContext; events: TaskEvent },
  actors: {
    agentRun: agentRunMachine,
    gate: gateMachine,
    prepare: pureActor,
    baseline: pureActor,
    lookAtBlockers: pureActor,
    publish: pureActor,
    push: pureActor,
    update: pureActor,
    merge: pureActor,
  },
  guards: {
    /** Nobody has worked on it yet, and nobody has looked at the target. */
    needsBaseline: ({ context }) =>
      context.wantsBaseline === true && context.baseline == null && Object.keys(context.attempts).length === 0,
    isOfMachine: ({ event }) => outputOf<Baseline>(event).reports.some(report => report.isOfMachine),
    hasRunSucceeded: ({ event }) => outputOf<AgentRunOutput>(event).outcome === 'succeeded',
    isRunOverBudget: ({ event }) => isOverBudget(event),
    isSpent: ({ context }, params: { scopes: BudgetScope[]; stage: string }) =>
      params.scopes.some(scope => isUsedUp(context, scope)),
    mayGoCheaperReworkLeft: ({ context, event }, params: { stage: string; model: string; scopes: BudgetScope[] }) =>
      context.models[params.stage] !== params.model &&
      (params.scopes.some(scope => isUsedUp(context, scope)) || isOverBudget(event)),
    /** Spends and spends, and no stage is passed. */
    isTooFast: ({ context }, params: { velocity: Budget }) =>
      exhausted(params.velocity, context.idleSpent) !== undefined,
    /** It is a fork of a task that was in this stage. */
    isForkAt: ({ context }, params: { stage: string }) => context.forkedFrom?.stage === params.stage,
    hasBlockers: ({ context }) => (context.blockedBy ?? []).length > 0,
    isUnblocked: ({ event }) => {
      const { open, forEver } = outputOf<LookedAtBlockers>(event);
      return open.length === 0 && forEver === null;
    },
    isBlockedForEver: ({ event }) => outputOf<LookedAtBlockers>(event).forEver !== null,
    /** It says which question it answers, or when it was said, and that is another than the one that is asked now. */
    isForAnotherQuestion: ({ context, event }) => {
      const said = event as Said;
      const { asks = null } = context;
      if (asks !== null) return isForAnother(asks, said);
      // Nobody is asked: what answers a question is late, and so is what was said before this work began.
      return said.question !== undefined || isBefore(said, context.workingSince ?? 0);
    },
    hasObjection: ({ context }) => context.objection !== null,
    hasQuestions: ({ context }) => context.questions !== null,
    /** It has left nothing that its gates could pass, and ends in a question: it needs an answer, not another round. */
    asksInWords: ({ context }, params: { gates: string[] }) =>
      params.gates.some(gate => hasVerdict(context, gate, 'fail')) && asks(context.said ?? ''),
    isMerged: ({ event }) => outputOf<Merged>(event).result === 'merged',
    isMoveTo: ({ event }, params: { stage: string }) => textOf(event, 'stage') === params.stage,
    hasReworkLeft: ({ context }, params: { budget: string; limit: number }) =>
      (context.rework[params.budget] ?? 0) < params.limit,
    hasObjectionAndReworkLeft: ({ context }, params: { budget: string; limit: number }) =>
      context.objection !== null && (context.rework[params.budget] ?? 0) < params.limit,
    hasFailed: ({ context }, params: { gates: string[] }) =>
      params.gates.some(gate => hasVerdict(context, gate, 'fail')),
    areJudged: ({ context }, params: { gates: string[] }) =>
      params.gates.every(gate => context.verdicts[gate] !== undefined),
    /** One has failed, and all have answered that know at once. */
    haveFailed: ({ context }, params: { gates: string[]; prompt: string[] }) =>
      params.gates.some(gate => hasVerdict(context, gate, 'fail')) &&
      params.prompt.every(gate => context.verdicts[gate] !== undefined),
    hasFailedAndReworkLeft: ({ context }, params: { gates: string[]; budget: string; limit: number }) =>
      params.gates.some(gate => hasVerdict(context, gate, 'fail')) &&
      (context.rework[params.budget] ?? 0) < params.limit,
    isInconclusive: ({ context }, params: { gates: string[] }) =>
      params.gates.some(gate => hasVerdict(context, gate, 'inconclusive')),
    /** A person's word can stand in for a gate that could not be judged, never for one that said no. */
    isOnlyInconclusive: ({ context }, params: { gates: string[] }) =>
      context.objection === null &&
      params.gates.some(gate => saysNow(context, gate, 'inconclusive')) &&
      !params.gates.some(gate => saysNow(context, gate, 'fail')),
    lacksApproval: ({ context }, params: { gates: string[] }) =>
      params.gates.some(gate => !hasVerdict(context, gate, 'pass')),
    arePassed: ({ context }, params: { gates: string[] }) =>
      params.gates.every(gate => hasVerdict(context, gate, 'pass')),
    /** The gate was judged, and the code has changed since. */
    hasLapsedAndReworkLeft: ({ context }, params: { gate: string; budget: string; limit: number }) =>
      context.verdicts[params.gate] !== undefined &&
      !isForNow(context, params.gate) &&
      (context.rework[params.budget] ?? 0) < params.limit,
    mayMerge: ({ context }, params: Owed) => isOwedPassed(context, params),
    mayLand: ({ context }, params: Owed) => isOwedPassed(context, params),
    /** All that is missing are verdicts that a machine gives: they are judged where it is merged. */
    lacksOnlyJudging: ({ context }, params: Owed & { again: string[] }) => lacksOnly(context, params, params.again),
    mayEnd: ({ context }, params: Owed) => isOwedPassed(context, params),
    /** The target has the code as it is now already; nothing but documents can have been added since. */
    hasMergedThis: ({ context }, params: { gates: string[] }) =>
      params.gates.every(gate => hasVerdict(context, gate, 'pass')) && context.merged?.codeTree === context.codeTree,
    /** One of these stages has made the code what it is. */
    isMadeBy: ({ context }, params: { stages: string[] }) =>
      context.madeIn != null && params.stages.includes(context.madeIn),
    /** One of these could not judge the code as it is now. */
    isUndecided: ({ context }, params: { gates: string[] }) =>
      params.gates.some(gate => saysNow(context, gate, 'inconclusive')),
    isRefusedBeyond: ({ context }, params: { makers: Owed['makers'] }) => refusalsBeyond(context, params).length > 0,
    isRefusedBeyondAndReworkLeft: ({ context }, params: { makers: Owed['makers']; budget: string; limit: number }) =>
      refusalsBeyond(context, params).length > 0 && (context.rework[params.budget] ?? 0) < params.limit,
    // Tasks that were made before there were forges have none.
    isAtForge: ({ context }) => context.forge != null,
    /** A fork has no pull request of its own before its first stage has published something. */
    isNewAtForge: ({ context }) =>
      context.forge != null && context.forge.pullRequest === null && context.forkedFrom !== undefined,
    isAway: ({ event }) => outputOf<{ result?: string }>(event).result === 'away',
    isAwayAndReworkLeft: ({ context, event }, params: { limit: number }) =>
      outputOf<{ result?: string }>(event).result === 'away' && (context.rework[awayBudget] ?? 0) < params.limit,
    isRefused: ({ event }) => outputOf<{ result?: string }>(event).result === 'refused',
    isUnpublishedAndReworkLeft: ({ context, event }, params: { budget: string; limit: number }) =>
      outputOf<{ result?: string }>(event).result === 'refused' &&
      outputOf<Partial<Unpublished>>(event).isForPeople !== true &&
      (context.rework[params.budget] ?? 0) < params.limit,
    isAdriftAndReworkLeft: ({ context, event }, params: { budget: string; limit: number }) =>
      outputOf<Partial<Unpublished>>(event).isAdrift === true && (context.rework[params.budget] ?? 0) < params.limit,
    /** Speaks of the commit that was published last. */
    isOfHead: ({ context, event }) => 'sha' in event && event.sha === context.head,
    isOwnPullRequest: ({ context, event }) => 'number' in event && event.number === context.forge?.pullRequest?.number,
    /** Something has changed that a refused merge may have waited for. */
    isOwnNewsAndReworkLeft: ({ context, event }, params: { budget: string; limit: number }) =>
      (('number' in event && event.number === context.forge?.pullRequest?.number) ||
        ('sha' in event && event.sha === context.head)) &&
      (context.rework[params.budget] ?? 0) < params.limit,
    isUpdated: ({ event }) => outputOf<Updated>(event).result === 'updated',
    hasConflict: ({ event }) => outputOf<Updated>(event).result === 'conflict',
    hasConflictAndReworkLeft: ({ context, event }, params: { budget: string; limit: number }) =>
      outputOf<Updated>(event).result === 'conflict' && (context.rework[params.budget] ?? 0) < params.limit,
    hasMovedAndReworkLeft: ({ context, event }, params: { budget: string; limit: number }) =>
      outputOf<Merged>(event).result === 'moved' && (context.rework[params.budget] ?? 0) < params.limit,
  },
  delays: {
    nextTry: ({ context, event }) => Math.max(0, (context.awayUntil ?? atOf(event)) - atOf(event)),
  },
  actions: {
    recordAway: assign(({ context, event }) => {
      const { why, retryAt } = outputOf<Away>(event);
      const tries = context.rework[awayBudget] ?? 0;
      const waitMs = Math.min(awayBackoff.baseMs * 2 ** tries, awayBackoff.capMs);
      return {
        awayUntil: Math.max(atOf(event) + waitMs, retryAt ?? 0),
        waitsFor: shorten(why, 600),
        rework: { ...context.rework, [awayBudget]: tries + 1 },
      };
    }),
    /** It answers again: what was counted while it was away is over. */
    forgetAway: assign(({ context }) => {
      const { [awayBudget]: _, ...rework } = context.rework;
      return { awayUntil: null, rework };
    }),
    recordPushed: assign(({ context, event }) => {
      const output = outputOf<Pushed>(event);
      if (context.forge === null || output.result !== 'pushed' || output.pullRequest === null) return {};
      const isSame = output.pullRequest.number === context.forge.pullRequest?.number;
      const commentId = isSame ? context.forge.commentId : null;
      return { forge: { ...context.forge, pullRequest: output.pullRequest, commentId } };
    }),
    recordRefusal: assign(({ event }) => ({ waitsFor: shorten(outputOf<Refusal>(event).detail, 600) })),
    rememberComment: assign(({ context, event }) =>
      context.forge === null || event.type !== 'comment.kept'
        ? {}
        : { forge: { ...context.forge, commentId: event.id } },
    ),
    ask: assign(({ context, event }, params: { kind: QuestionKind; stage: string }) => {
      const number = (context.questionsAsked ?? 0) + 1;
      return { questionsAsked: number, asks: { number, ...params, at: atOf(event) } };
    }),
    stopAsking: assign({ asks: null }),
    announceAsking,
    endConversation,
    countTelling: assign(({ context }) => (context.source == null ? {} : { tellings: (context.tellings ?? 0) + 1 })),
    rememberItemComment: assign(({ event }) =>
      event.type === 'item.shown'
        ? { itemComment: event.comment, ...(event.question !== null && { questionComment: event.question }) }
        : {},
    ),
    recordAwaiting: assign(({ context, event }) =>
      event.type === 'task.awaited' ? { awaitedBy: [...new Set([...(context.awaitedBy ?? []), event.by])] } : {},
    ),
    recordDescription: assign(({ event }) =>
      event.type === 'work.described' ? { title: event.title, body: event.body } : {},
    ),
    tellAwaiting,
    recordBlockers: assign(({ event }) => {
      const { open, forEver } = outputOf<LookedAtBlockers>(event);
      const names = open.map(({ name, how }) => `${name} (${how})`).join(', ');
      return { waitsFor: shorten(forEver ?? `waits for ${names}`, 600) };
    }),
    awaitBlockers,
    forgetBlockers: assign({ blockedBy: [], waitsFor: null }),
    forgetAsked: assign({ asked: [] }),
    recordRequests: assign(({ context, event }) =>
      event.type === 'requests.done'
        ? { requests: [...(context.requests ?? []), ...event.results].slice(-mostRequests) }
        : {},
    ),
    /** Has a gate look again. */
    tellGate: sendTo((_, params: { child: string }) => params.child as unknown as ActorRefFrom<typeof gateMachine>, {
      type: 'gate.news',
    } as never),
    recordPrepared: assign(({ context, event }, params: { stage: string }) => {
      const { base, head, codeTree, hasPrompts = false, noticed = [] } = outputOf<Prepared>(event);
      const all = withNoticed(context, event, { stage: params.stage, texts: noticed });
      // What has come from elsewhere no stage has made.
      const isOther = context.madeIn != null && codeTree !== context.codeTree && context.head !== '';
      return {
        ...{ base, head, codeTree, hasPrompts, ...judgedOnBranch(context, codeTree) },
        ...(isOther && { madeIn: null }),
        ...(noticed.length > 0 && { noticed: all }),
      };
    }),
    recordBaseline: assign(({ context, event }, params: { stage: string }) => {
      const { reports } = outputOf<Baseline>(event);
      const texts = reports
        .filter(({ verdict, isAbsent }) => verdict !== 'pass' && isAbsent !== true)
        .map(({ gate, verdict, detail }) => {
          const how = verdict === 'fail' ? 'fails' : 'cannot be judged';
          return `${gate} ${how} on ${context.target} before any change: ${firstLine(detail)}`;
        });
      return {
        baseline: reports,
        ...(texts.length > 0 && { noticed: withNoticed(context, event, { ...params, texts }) }),
      };
    }),
    recordUnready: assign(({ event }) => {
      const lacking = outputOf<Baseline>(event).reports.filter(report => report.isOfMachine);
      const why = lacking.map(({ gate, detail }) => `${gate}: ${firstLine(detail)}`).join('; ');
      return { waitsFor: shorten(`what judges the work cannot run on this machine; ${why}`, 600) };
    }),
    waiveBaseline: assign({ baseline: [] }),
    countAttempt: assign(({ context, event }, params: { stage: string }) => ({
      workingSince: atOf(event),
      attempts: { ...context.attempts, [params.stage]: (context.attempts[params.stage] ?? 0) + 1 },
    })),
    recordRun: assign(({ context, event }, params: { stage: string }) => {
      const { attempts, workedMs, usage, outcome, said = '' } = outputOf<AgentRunOutput>(event);
      const before = context.attempts[params.stage] ?? 0;
      const spent = spentOf(usage, workedMs, attempts);
      return {
        // The first attempt was counted when the run began.
        attempts: { ...context.attempts, [params.stage]: Math.max(0, before + attempts - 1) },
        // Until it is known that something was left.
        ...(outcome === 'succeeded' && { said }),
        spent: addSpent(context.spent, spent),
        usage: addUsage(context.usage, usage),
        stageSpent: { ...context.stageSpent, [params.stage]: addSpent(spentIn(context, params.stage), spent) },
        idleSpent: addSpent(context.idleSpent, spent),
      };
    }),
    recordPublished: assign(({ context, event }, params: { stage: string }) => {
      const { head, codeTree, questions, objection, requests: asked = [], noticed = [] } = outputOf<Published>(event);
      return {
        ...{ head, codeTree, questions, objection, asked, feedback: null },
        ...(codeTree !== context.codeTree && { madeIn: params.stage }),
        ...(head !== context.head && { said: null }),
        noticed: withNoticed(context, event, { stage: params.stage, texts: noticed }),
      };
    }),
    /** A new round needs new verdicts, and a new approval. */
    forgetVerdicts: assign(({ context }, params: { gates: string[] }) => ({
      verdicts: Object.fromEntries(Object.entries(context.verdicts).filter(([gate]) => !params.gates.includes(gate))),
    })),
    recordVerdict: assign(({ context, event }, params: { stage: string; gate: string }) => {
      const { stage, gate } = params;
      const { durationMs: _, ...report } = outputOf<GateOutput>(event);
      // One that answers for another has said nothing of itself.
      const own: GateReport =
        report.gate === gate ? report : { gate, verdict: 'inconclusive', detail: `it answered for ${report.gate}` };
      const verdict: Verdict = { ...own, stage, codeTree: context.codeTree, by: 'signalbox', at: atOf(event) };
      return withVerdict(context, verdict);
    }),
    /**
     * The branch has what its target has by now. What people and reviewers have said is of the task's own changes, which are
     * the same, so it goes on to hold; what a machine can judge is judged again.
     */
    recordUpdate: assign(({ context, event }, params: { carried: string[] }) => {
      const output = outputOf<Updated>(event);
      if (output.result !== 'updated') return {};
      const { head, codeTree, isOnlyDocuments } = output;
      const before = context.codeTree;
      const carries = (gate: string) => isOnlyDocuments || params.carried.includes(gate);
      const verdicts = Object.entries(context.verdicts).map(([gate, verdict]) =>
        carries(gate) && verdict.verdict === 'pass' && verdict.codeTree === before
          ? [gate, { ...verdict, codeTree }]
          : [gate, verdict],
      );
      return {
        ...{ head, codeTree, verdicts: Object.fromEntries(verdicts) as Record<string, Verdict> },
        ...(isOnlyDocuments && context.merged !== null && { merged: { ...context.merged, codeTree } }),
      };
    }),
    recordBrokenTogether: assign(({ context }, params: { gates: string[] }) => {
      const failed = params.gates.filter(gate => hasVerdict(context, gate, 'fail'));
      const head = `The branch has what ${context.target} has by now; each is sound alone, and together they are not.`;
      const text = [head, ...failed.map(gate => context.verdicts[gate]?.detail ?? '')].join('\n\n');
      return { feedback: { from: 'merge', text: shorten(text, longestFeedback) } };
    }),
    recordWaiting: assign(({ event }) => ({
      waitsFor: shorten(textOf(event, 'why'), 600),
      ...(event.type === 'gate.waits' && event.until != null && { waitsUntil: event.until }),
    })),
    /** One word is one approval: the first that is missing. */
    recordApproval: assign(({ context, event }, params: { stage: string; gates: string[] }) => {
      const gate = params.gates.find(one => !hasVerdict(context, one, 'pass'));
      return gate === undefined ? {} : withVerdict(context, personsWord(context, event, { ...params, gate }));
    }),
    /** Who sends the code back has refused it: nothing merges that very code by another way. */
    recordDisapproval: assign(({ context, event }, params: { stage: string; gates: string[] }) => {
      const gate = params.gates.find(one => !hasVerdict(context, one, 'pass'));
      if (gate === undefined) return {};
      return withVerdict(context, { ...personsWord(context, event, { ...params, gate }), verdict: 'fail' });
    }),
    recordRefusalBeyond: assign(({ context }, params: { makers: Owed['makers'] }) => {
      const text = refusalsBeyond(context, params).map(gate => {
        const verdict = context.verdicts[gate];
        return verdict?.codeTree === context.codeTree ? verdict.detail : `${gate} has refused this code before`;
      });
      return { feedback: { from: 'merge', text: shorten(text.join('\n\n'), longestFeedback) } };
    }),
    recordPersonsWord: assign(({ context, event }, params: { stage: string; gates: string[] }) => {
      // What was not asked, or was asked of other code, nobody has said that it cannot be judged.
      const open = params.gates.filter(gate => saysNow(context, gate, 'inconclusive'));
      const words = open.map(gate => personsWord(context, event, { ...params, gate }));
      return words.reduce((judged, word) => withVerdict(judged, word), judgedIn(context));
    }),
    recordFindings: assign(({ context }, params: { stage: string; gates: string[] }) => {
      const failed = params.gates.filter(gate => hasVerdict(context, gate, 'fail'));
      const text = failed.map(gate => context.verdicts[gate]?.detail ?? '').join('\n\n');
      return { feedback: { from: params.stage, text: shorten(text, longestFeedback) } };
    }),
    recordUnpublished: assign(({ event }, params: { stage: string }) => ({
      feedback: { from: params.stage, text: shorten(outputOf<Unpublished>(event).detail, longestFeedback) },
    })),
    recordObjection: assign(({ context }, params: { stage: string }) => ({
      feedback: { from: params.stage, text: shorten(context.objection ?? '', longestObjection) },
      objection: null,
    })),
    recordConflict: assign(({ event }) => {
      const output = outputOf<Updated>(event);
      const detail = output.result === 'conflict' ? output.detail : '';
      return { feedback: { from: 'merge', text: shorten(detail, longestFeedback) } };
    }),
    keepDecision: assign(({ context, event }, params: { stage: string }) => {
      const decision = decisionIn(context, event, params.stage);
      return decision === undefined ? {} : { decisions: withDecision(context.decisions ?? [], decision) };
    }),
    recordRejection: assign(({ context, event }) => {
      const decision = decisionIn(context, event, '');
      return { feedback: decision === undefined ? null : feedbackOf(decision) };
    }),
    takeWordsAsQuestions: assign(({ context }) => ({ questions: context.said ?? null })),
    recordAnswer: assign(({ context, event }) => {
      const decision = decisionIn(context, event, '');
      return { feedback: decision === undefined ? null : feedbackOf(decision), questions: null, said: null };
    }),
    countRework: assign(({ context }, params: { budget: string }) => ({
      rework: { ...context.rework, [params.budget]: (context.rework[params.budget] ?? 0) + 1 },
    })),
    /** A person has intervened: what happens without one is counted anew. A mere approval is no intervention. */
    clearRework: assign({ rework: {}, idleSpent: nothingSpent }),
    renewAgents: assign(({ context, event }) => {
      const renewed = event.type === 'task.retry' ? (event.agents ?? {}) : {};
      const renew = (agent: AgentSpec) => renewed[agent.name] ?? agent;
      const agents = Object.entries(context.agents).map(([role, agent]) => [role, renew(agent)] as const);
      return { agent: renew(context.agent), agents: Object.fromEntries(agents) };
    }),
    clearIdleness: assign({ idleSpent: nothingSpent }),
    goCheaper: assign(({ context }, params: { stage: string; model: string }) => ({
      models: { ...context.models, [params.stage]: params.model },
      grants: { ...context.grants, [params.stage]: (context.grants[params.stage] ?? 0) + 1 },
    })),
    /** As much again of every budget that is used up. */
    grantBudgets: assign(({ context }, params: { scopes: BudgetScope[] }) => {
      const used = params.scopes.filter(scope => isUsedUp(context, scope));
      const grants = used.map(({ name }) => [name, (context.grants[name] ?? 0) + 1] as const);
      return { grants: { ...context.grants, ...Object.fromEntries(grants) } };
    }),
    waitForBudget: assign(({ context, event }, params: { scopes: BudgetScope[]; stage: string }) => {
      const parts = params.scopes.flatMap(scope => {
        const budget = grantedBudget(context, scope);
        const spent = spentIn(context, scope.name);
        const whose = scope.name === 'task' ? 'the task' : scope.name;
        return measures
          .filter(measure => budget[measure] !== null && spent[measure] >= budget[measure]!)
          .map(measure => {
            const [used, limit] = [spent[measure], budget[measure]!].map(amount => formatAmount(measure, amount));
            return `the budget of ${whose} is used up: ${used} of ${limit}`;
          });
      });
      const { reason } = (outputOf<AgentRunOutput | undefined>(event) ?? {}) as Partial<AgentRunOutput>;
      return { waitsFor: parts.length > 0 ? parts.join('; ') : (reason ?? 'the budget of the run is used up') };
    }),
    recordMerge: assign(({ context, event }) => {
      const output = outputOf<Merged>(event);
      if (output.result !== 'merged') return {};
      const { commit, codeTree } = output;
      // From here on the branch stands where the target stands.
      const judged = codeTree === context.codeTree ? {} : { judged: context.codeTree };
      return { merged: { commit, codeTree, at: atOf(event), ...judged }, head: commit, codeTree };
    }),
    rememberToken: assign({ leaseToken: ({ event }) => (event.type === 'lease.granted' ? event.token : null) }),
    wait: assign(({ context, event }, params: { why: string; gates: string[] }) => {
      const open = params.gates.filter(gate => !hasVerdict(context, gate, 'pass'));
      const details = open
        .map(gate => context.verdicts[gate])
        .filter(verdict => verdict !== undefined)
        .map(({ gate, verdict, detail }) => `${gate}: ${verdict}, ${firstLine(detail)}`);
      const parts = [params.why, ...details];
      if ('error' in event) parts.push(failureIn(event));
      const { outcome, reason } = (outputOf<AgentRunOutput | undefined>(event) ?? {}) as Partial<AgentRunOutput>;
      if (outcome !== undefined && outcome !== 'succeeded') parts.push(reason ?? '');
      const { result, detail = '' } = (outputOf<{ result?: string; detail?: string } | undefined>(event) ??
        {}) as never;
      if (result === 'conflict') parts.push(detail.replaceAll('\n', ' '));
      return { waitsFor: shorten(parts.filter(part => part !== '').join('; '), 600) };
    }),
    /** Where several are missing, the one that is asked for is named. */
    waitForApproval: assign(({ context }, params: { stage: string; gates: string[] }) => {
      const open = params.gates.filter(gate => !hasVerdict(context, gate, 'pass'));
      const which =
        params.gates.length > 1 && open.length > 0
          ? ` (${open[0]}; ${open.length} of ${params.gates.length} are missing)`
          : '';
      const concerns = concernsOf(context);
      const changes = concerns.length === 0 ? [] : [`it changes how it is judged: ${concerns.join(', ')}`];
      return { waitsFor: shorten([`a person has to approve ${params.stage}${which}`, ...changes].join('; '), 600) };
    }),
    waitForAnswer: assign(({ context }) => ({
      waitsFor: `the agent asks: ${shorten(firstWords(context.questions ?? ''), 300)}`,
    })),
    stopWaiting: assign(({ context }) => ({
      waitsFor: null,
      ...(context.waitsUntil != null && { waitsUntil: null }),
    })),
    recordEnd: assign(({ event }, params: { because: string }) => {
      const reason = textOf(event, 'reason');
      const by = textOf(event, 'by');
      return { endedBecause: [params.because, by && `by ${by}`, reason].filter(part => part !== '').join(' ') };
    }),
    stopRun: sendTo(
      (_, params: { child: string }) => params.child as unknown as ActorRefFrom<typeof agentRunMachine>,
      ({ event }) => ({ type: 'run.stop', cause: 'cancelled', by: textOf(event, 'by') || 'a person' }) as never,
    ),
    holdRuns: sendTo(actorRef(workerId), ({ context, event }) => ({
      type: 'task.paused',
      taskId: context.id,
      by: textOf(event, 'by') || 'a person',
    })),
    releaseRuns: sendTo(actorRef(workerId), ({ context }) => ({ type: 'task.resumed', taskId: context.id })),
    requestLease: sendTo(
      ({ context }) => actorRef(context.mergeQueue),
      ({ context }) => ({ type: 'lease.requested', holder: context.id }),
    ),
    releaseLease: sendTo(
      ({ context }) => actorRef(context.mergeQueue),
      ({ context }) => ({ type: 'lease.released', holder: context.id }),
    ),
    removeWorktree: notProvided,
    setStatus: notProvided,
    keepComment: notProvided,
    performRequests: notProvided,
    showItem: notProvided,
    openConversation: notProvided,
  },
});

/** The first line that is no heading. */
/** Whether somebody is asked something, at the end of what is said. */
const asks = (text: string): boolean => /[?？؟](?=["'”’»)*_`\]\s]|$)/.test(text.slice(-1_000));

function firstWords(text: string): string {
  const lines = text.split('\n').map(line => line.trim());
  return lines.find(line => /[\p{L}\p{N}]/u.test(line) && !line.startsWith('#')) ?? firstLine(text);
}
