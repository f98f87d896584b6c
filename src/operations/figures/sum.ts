/** Figures out of what there is to count of each task. */
import { shareOf, spreadOf } from '../../domain/statistics.ts';
import { totalTokens } from '../../domain/usage.ts';
import { afterStages, beforeStages, type Phase } from '../../machines/task/phases.ts';
import type { FiguresView } from '../views/figures.ts';
import { type CalendarUnit, periodOf } from './calendar.ts';
import type { TaskFacts } from './facts.ts';
import { instantOf } from './gather.ts';
import { groupsOf, mapped, namedOf, type Sums, sumOf } from './groups.ts';
import { costOf, inMs, spentOf, verdictsOf } from './parts.ts';
import type { Pause } from './pause.ts';
import { summaryOf } from './summary.ts';

/** Everything of these tasks, which come the newest first. */
export async function sumsOf(tasks: readonly TaskFacts[], by: CalendarUnit, pause: Pause): Promise<Sums> {
  const itself = (task: TaskFacts) => [task];
  const periods: Sums['periods'] = [];
  for (const group of await groupsOf(tasks, itself, task => periodOf(instantOf(task), by), pause)) {
    periods.push({ period: group.key, ...(await summaryOf(group.tasks, pause)) });
  }
  const projects: Sums['projects'] = [];
  for (const group of await groupsOf(tasks, itself, ({ project }) => project, pause)) {
    projects.push({ project: group.key, ...(await summaryOf(group.tasks, pause)) });
  }
  return {
    overall: await summaryOf(tasks, pause),
    periods: periods.sort((a, b) => (a.period < b.period ? -1 : 1)),
    projects: projects.sort((a, b) => (a.project < b.project ? -1 : 1)),
    stages: await stagesOf(tasks, pause),
    rework: await reworkOf(tasks, pause),
    gates: await gatesOf(tasks, pause),
    usage: await usageOf(tasks, pause),
  };
}

async function stagesOf(tasks: readonly TaskFacts[], pause: Pause): Promise<FiguresView['stages']> {
  const groups = await groupsOf(
    tasks,
    ({ stages }) => stages.map(({ stage, times }, place) => ({ stage, times, place })),
    ({ stage }) => stage,
    pause,
  );
  const placed = await mapped(groups, pause, ({ key: stage, tasks: own, items }) => {
    const phases: Partial<Record<Phase, number>> = {};
    for (const { times } of items) {
      for (const [phase, ms] of Object.entries(times) as [Phase, number][]) phases[phase] = (phases[phase] ?? 0) + ms;
    }
    const times = items.map(item => sumOf(Object.values(item.times), ms => ms));
    const shown = { stage, time: inMs(spreadOf(times)), phases, ...namedOf(own) };
    return { place: placeOf(stage, sumOf(items, item => item.place) / items.length), shown };
  });
  return placed.sort((a, b) => a.place - b.place).map(({ shown }) => shown);
}

/** By how many stages tasks have been in when they came to it, on average. */
function placeOf(stage: string, average: number): number {
  if (stage === beforeStages) return -1;
  return stage === afterStages ? Number.POSITIVE_INFINITY : average;
}

async function reworkOf(tasks: readonly TaskFacts[], pause: Pause): Promise<FiguresView['rework']> {
  const groups = await groupsOf(
    tasks,
    ({ turns }) => turns,
    ({ cause, gate, from, to }) => JSON.stringify([cause, gate, from, to]),
    pause,
  );
  return groups
    .map(({ tasks: own, items }) => ({ ...items[0]!, count: items.length, ...namedOf(own) }))
    .sort((a, b) => b.count - a.count);
}

async function gatesOf(tasks: readonly TaskFacts[], pause: Pause): Promise<FiguresView['gates']> {
  const groups = await groupsOf(
    tasks,
    ({ gates }) => gates,
    ({ gate, stage, kind }) => JSON.stringify([gate, stage, kind]),
    pause,
  );
  return mapped(groups, pause, ({ tasks: own, items }) => {
    const { gate, stage, kind } = items[0]!;
    const [trees, flakyTrees] = [sumOf(items, one => one.trees), sumOf(items, one => one.flakyTrees)];
    return {
      ...{ gate, stage, kind, ...verdictsOf(items), absent: sumOf(items, one => one.absent) },
      firstPassRate: shareOf(
        sumOf(items, ({ isFirstPass }) => (isFirstPass ? 1 : 0)),
        items.length,
      ),
      ...{ trees, flakyTrees, flakiness: shareOf(flakyTrees, trees) },
      duration: inMs(spreadOf(items.flatMap(({ durationsMs }) => durationsMs))),
      ...namedOf(own),
    };
  });
}

async function usageOf(tasks: readonly TaskFacts[], pause: Pause): Promise<FiguresView['usage']> {
  const groups = await groupsOf(
    tasks,
    ({ usage }) => usage,
    ({ stage, agent, model }) => JSON.stringify([stage, agent, model]),
    pause,
  );
  return mapped(groups, pause, ({ tasks: own, items }) => {
    const { stage, agent, model } = items[0]!;
    const all = items.map(({ again }) => again);
    const again = {
      runs: sumOf(all, ({ runs }) => runs),
      tokens: sumOf(all, ({ tokens }) => totalTokens(tokens)),
      costUsd: costOf(all),
    };
    return { stage, agent, model, ...spentOf(items), again, ...namedOf(own) };
  });
}
