/** Makes a task that goes on from where another one was. That one is only looked at. */
import { requireCommit } from '../actors/fork.ts';
import { gitIn } from '../actors/git.ts';
import { SignalboxError } from '../domain/errors.ts';
import type { Pipeline } from '../machines/pipeline.ts';
import type { TaskContext } from '../machines/task/context.ts';
import { forkOf, type Otherwise, type Past, playerAt, stageToFork } from '../machines/task/forking.ts';
import type { ActorRow } from '../persistence/store.ts';
import type { Runtime } from '../runtime/index.ts';
import { contextOf } from './context.ts';
import { createTask, type Ids, idsFor, type Making, type NewTask, type Orderer, underFreeId } from './new-task.ts';

export interface ForkOrder {
  /** The entry of the other task's log after which it was as the fork begins; without it as it is now. */
  at?: number | undefined;
  /** Without them: one that says whose fork it is, and the title that it had. */
  id?: string | undefined;
  title?: string | undefined;
  otherwise: Omit<Otherwise, 'by'>;
}

/**
 * Makes a fork of the task behind a row and answers its id. Throws `beyondLog`, `ended`, `commitGone`, `idTaken` or `branchTaken`;
 * nothing was made then.
 */
export async function forkTask(app: Making, row: ActorRow, order: ForkOrder, who: Orderer): Promise<string> {
  const past = await pastOf(app.runtime, row, order.at);
  const { context, pipeline } = past;
  requireModel(past, order.otherwise);
  const given = forkOf(past, { ...order.otherwise, by: who.name });
  const { forkedFrom } = given.fork;
  if (forkedFrom.commit !== '') await requireCommit(gitIn(context.repository), forkedFrom);
  const root = `${row.id.replace(/-fork(?:-\d+)?$/, '').slice(0, longestRoot)}-fork`;
  const { id, title = context.title } = order;
  const task: NewTask = {
    ...given,
    title,
    pipeline,
    prefix: root,
    // Its pull request is its own, and the item that the other one came from is not.
    forge: context.forge == null ? null : { name: context.forge.name, repository: context.forge.repository },
    source: null,
    blockedBy: context.blockedBy ?? [],
  };
  if (id !== undefined) return createTask(app, { ...task, id }, who);
  return underFreeId(app, await forkIds(app, root, task), free => createTask(app, { ...task, id: free }, who));
}

/** So that an id with what is added to it is still one. */
const longestRoot = 50;

/** `ET-3-fork`, `ET-3-fork-2`: nobody takes them for ids of a tracker, and forks of forks get no longer ones. */
async function forkIds(app: Making, root: string, task: NewTask): Promise<Ids> {
  const { isFree } = await idsFor(app, task);
  return { isFree, idAt: index => (index === 1 ? root : `${root}-${index}`) };
}

async function pastOf(runtime: Runtime, row: ActorRow, at: number | undefined): Promise<Past> {
  const { seq, state, snapshot, definition } =
    at === undefined
      ? { ...row, seq: row.version, definition: await runtime.definitionOf(row.id) }
      : await runtime.replay(row.id, { at });
  const pipeline = definition as unknown as Pipeline;
  const stage = stageToFork(pipeline, state);
  if (stage === undefined) throw await hadEnded(runtime, pipeline, { id: row.id, seq });
  return { seq, stage, context: contextOf<TaskContext>({ snapshot }), pipeline };
}

async function hadEnded(runtime: Runtime, pipeline: Pipeline, { id, seq }: { id: string; seq: number }) {
  let last = 0;
  for (let after = 0; after < seq; ) {
    const entries = await runtime.log(id, { after, limit: 500 });
    if (entries.length === 0) break;
    for (const entry of entries) {
      if (entry.seq <= seq && stageToFork(pipeline, entry.to) !== undefined) last = entry.seq;
    }
    after = entries.at(-1)!.seq;
  }
  const why = `${id} had ended at ${seq} of its log: there is nothing to go on from. It ended after ${last}.`;
  return new SignalboxError('conflict', 'ended', why, { remedy: { say: 'name an entry up to that', field: 'at' } });
}

/** Nobody would tell a program of a model that it does not know by itself. */
function requireModel(past: Past, { agent = playerAt(past), model }: ForkOrder['otherwise']): void {
  if (model === undefined || agent.kind !== 'command') return;
  const message = `${agent.name} is a command, which is told of no model`;
  throw new SignalboxError('invalid', 'badInput', `model: ${message}.`, {
    problems: [{ path: 'model', message }],
    remedy: { say: 'leave it out', field: 'model' },
  });
}
