/** What follows from the verdicts of a stage. */
import { following, ordinaryWay, type Pipeline, type Stage } from '../pipeline.ts';
import type { Transition } from './common.ts';
import { namesOf, never, toStage } from './common.ts';
import { lapsedWays, mergingLast, owedAfter } from './owing.ts';

/** The rules of a stage in the order in which they are asked. */
export function decisions(pipeline: Pipeline, stage: Stage): Transition[] {
  const machineGates = namesOf(stage.gates.filter(({ kind }) => kind !== 'approval'));
  const approvals = namesOf(stage.gates.filter(({ kind }) => kind === 'approval'));
  const rules: Transition[] = [];
  const { objection, rework } = stage;
  if (objection !== undefined) {
    const budget = `${stage.name}.objection`;
    rules.push({
      guard: { type: 'hasObjectionAndReworkLeft', params: { budget, limit: objection.limit } },
      target: toStage(objection.to),
      reenter: true,
      actions: [
        { type: 'recordObjection', params: { stage: stage.name } },
        { type: 'countRework', params: { budget } },
      ],
    });
    rules.push({ guard: 'hasObjection', target: 'awaitingDecision' });
  }
  if (stage.questions !== undefined) rules.push({ guard: 'hasQuestions', target: 'awaitingAnswer' });
  rules.push({
    guard: { type: 'asksInWords', params: { gates: machineGates } },
    target: 'awaitingAnswer',
    actions: 'takeWordsAsQuestions',
  });
  if (rework.limit > 0) {
    rules.push({
      guard: {
        type: 'hasFailedAndReworkLeft',
        params: { gates: machineGates, budget: stage.name, limit: rework.limit },
      },
      target: toStage(rework.to ?? stage.name),
      reenter: true,
      actions: [
        { type: 'recordFindings', params: { stage: stage.name, gates: machineGates } },
        { type: 'countRework', params: { budget: stage.name } },
      ],
    });
  }
  const why = `${stage.name} was refused${rework.limit > 0 ? ` more than ${rework.limit} times` : ''}`;
  rules.push({
    guard: { type: 'hasFailed', params: { gates: machineGates } },
    ...(rework.otherwise === 'blocked'
      ? { target: 'blocked', actions: { type: 'wait', params: { why, gates: machineGates } } }
      : { target: 'awaitingDecision' }),
  });
  rules.push({ guard: { type: 'isInconclusive', params: { gates: machineGates } }, target: 'awaitingDecision' });
  if (approvals.length > 0) {
    rules.push({ guard: { type: 'lacksApproval', params: { gates: approvals } }, target: 'awaitingApproval' });
  }
  return [...rules, ...onwardFrom(pipeline, stage)];
}

/** Where a stage leads whose own gates are passed. Before the end those of all stages count, however a task came there. */
function onwardFrom(pipeline: Pipeline, stage: Stage): Transition[] {
  const own = namesOf(stage.gates);
  const next = following(pipeline, stage);
  const onward = { actions: 'clearIdleness' };
  const stuck = (why: string, gates: string[]): Transition => ({
    target: 'blocked',
    actions: { type: 'wait', params: { why, gates } },
  });
  if (next !== 'done') {
    return [
      { guard: { type: 'arePassed', params: { gates: own } }, target: toStage(next), ...onward },
      never(stuck('a gate gave no verdict', own)),
    ];
  }
  const way = ordinaryWay(pipeline);
  const owed = owedAfter(pipeline, way);
  const ways = lapsedWays(way);
  if (mergingLast(pipeline) === undefined) {
    const none = stuck('not every gate is passed for the code as it is now', owed.gates);
    return [...ways, { guard: { type: 'mayEnd', params: owed }, target: '#done', ...onward }, none];
  }
  const all = [...new Set([...owed.gates, ...own])];
  const landing = { guard: { type: 'arePassed', params: { gates: all } }, target: '#landing', ...onward };
  const none = stuck('a gate gave no verdict', all);
  // Those of other stages may be missing where a person has led a task around them; not where it was merged since.
  const cannotBe = way.includes(stage) && stage.merge !== undefined;
  // What a detour has changed is judged before it is the end; what follows the merge on the ordinary way are documents.
  return [...(way.includes(stage) ? [] : ways), landing, cannotBe ? never(none) : none];
}
