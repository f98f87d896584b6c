/** What follows from the verdicts of a stage. */
import type { Stage } from '../pipeline.ts';
import type { Transition } from './common.ts';
import { never, toStage } from './common.ts';

export interface StageGates {
  gates: string[];
  machineGates: string[];
  approvals: string[];
  onward: string;
}

/** The rules of a stage in the order in which they are asked. */
export function decisions(stage: Stage, { gates, machineGates, approvals, onward }: StageGates): Transition[] {
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
  rules.push({ guard: { type: 'arePassed', params: { gates } }, target: onward, actions: 'clearIdleness' });
  const stuck = { target: 'blocked', actions: { type: 'wait', params: { why: 'a gate gave no verdict', gates } } };
  // Those of other stages may be missing where a person has led a task around them; not where it was merged since.
  const areOwn = gates.every(gate => machineGates.includes(gate) || approvals.includes(gate));
  rules.push(areOwn || stage.merge !== undefined ? never(stuck) : stuck);
  return rules;
}
