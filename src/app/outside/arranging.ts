/** Makes everything ready for a task of an item: what is understood of it, who works on it, what it waits for. */
import { dirname } from 'node:path';
import { longestTitle } from '../../domain/names.ts';
import { own } from '../../domain/own.ts';
import type { IssueForModel, Understander } from '../../integrations/model.ts';
import type { Tracker, WorkItem } from '../../integrations/tracker.ts';
import { understand } from '../../integrations/understanding/understand.ts';
import type { Arranged, CandidateContext } from '../../machines/candidate.ts';
import { itemNameOf } from '../../machines/links.ts';
import { arrangeTask, idsFor, type NewTask, underFreeId } from '../new-task.ts';
import { findPipeline } from '../pipelines.ts';
import type { Settings } from '../settings.ts';
import { findRepository, setupFor } from '../setup.ts';
import { blockersOf, heldUpBy } from './blockers.ts';
import { agentFor } from './choosing.ts';
import type { Ground } from './ground.ts';
import { modelOf } from './model.ts';
import { linksOf } from './reading.ts';
import { whyMayNotDirect } from './who.ts';

/** One readable line, of whatever somebody has written. */
export function cleanTitle(title: string): string {
  const line = title
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const cut = line.slice(0, longestTitle).replace(/[\ud800-\udbff]$/, '');
  return cut === '' ? 'untitled' : cut;
}

/** Throws what stands in the way: it is tried again, as somebody may fix it. */
export async function arrangeItem(ground: Ground, candidate: CandidateContext, signal: AbortSignal): Promise<Arranged> {
  const { tracker: name, ref, project } = candidate;
  const settings = ground.settings();
  const { configuration: config } = settings;
  if (config === null) throw new Error('there is no configuration that says who works on it');
  const tracker = await ground.trackers.get(name);
  const item = await tracker.item(ref);
  if (item === undefined) throw new Error('it is not there any more');
  const making = await ground.making();
  const { repository, target } = await findRepository(config, { project }, '/');
  // What costs money comes after what may stand in the way here.
  const issue = await issueOf(settings, { tracker, item, project });
  const { understanding, usage } = await understand(issue, { ...readerOf(settings, candidate), signal });
  const chosen = agentFor(settings, project, understanding);
  const setup = setupFor(config, true, repository, {
    project,
    agentEnv: [],
    cwd: dirname(repository),
    ...(understanding.priority !== null && { priority: understanding.priority }),
  });
  const agent = (chosen.agent !== null && own(config.agents, chosen.agent)) || setup.agent;
  const pipeline = await findPipeline(setup.pipeline, dirname(repository));
  const blockedBy = await blockersOf(ground, { tracker, item, references: understanding.blockedBy });
  const heldUp = await heldUpBy(tracker, item, understanding.blocks);
  const task: NewTask = {
    ...{ ...setup, agent, title: cleanTitle(item.title), body: item.body, repository, target, pipeline },
    ...{ blockedBy, blocks: heldUp.links },
    source: {
      ...{ tracker: name, id: itemNameOf(item), project: item.project, item: item.id, key: item.key },
      url: item.url || null,
      place: candidate.place,
    },
  };
  const ids = await idsFor(making, task, [`${setup.prefix}-${item.number}`]);
  return {
    ...(await underFreeId(making, ids, id => arrangeTask(making, { ...task, id }))),
    links: linksOf(name, item),
    tokens: usage.inputTokens + usage.outputTokens,
    notes: [
      ...understanding.notes,
      ...heldUp.unknown.map(reference => `It blocks ${reference}, which is no item that is known.`),
      ...chosen.why,
    ],
  };
}

async function issueOf(
  settings: Settings,
  { tracker, item, project }: { tracker: Tracker; item: WorkItem; project: string },
): Promise<IssueForModel> {
  const directing = { project, place: item.project, tracker, person: item.author };
  const mayDirect = (await whyMayNotDirect(settings, directing)) === null;
  const { title, body, labels } = item;
  return { title, body, labels, project, agents: Object.keys(settings.configuration?.agents ?? {}), mayDirect };
}

function readerOf(
  { reader }: Settings,
  { tokensUsed }: CandidateContext,
): { model: Understander | null; remainingTokens: number | null } {
  if (reader === null) return { model: null, remainingTokens: null };
  return { model: modelOf(reader), remainingTokens: Math.max(0, reader.tokensPerDay - tokensUsed) };
}
