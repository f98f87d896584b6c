/** A pipeline as its author thinks of it: a box for each stage, and the ways between them, as a Mermaid state diagram. */

import { following, type Gate, type Pipeline, type Stage } from '../pipeline.ts';
import { mermaidId, plainLabel } from './mermaid.ts';

/** The stages with who works in them and what they are judged by; some fifteen boxes where the machine has a hundred. */
export function stagesOf(pipeline: Pipeline): string {
  const { stages } = pipeline;
  return [
    'stateDiagram-v2',
    `  [*] --> ${mermaidId(stages[0]!.name)}`,
    ...stages.flatMap(stage => boxOf(stage)),
    ...stages.flatMap(stage => waysFrom(pipeline, stage)),
    '  done --> [*]',
  ].join('\n');
}

function boxOf({ name, role, gates, merge }: Stage): string[] {
  const lines = [role, ...(merge === undefined ? [] : ['merges first']), ...gates.map(gateLine)];
  return [`  ${mermaidId(name)}: ${name}`, ...lines.map(line => `  ${mermaidId(name)}: ${plainLabel(line)}`)];
}

const judges: Record<Gate['kind'], string> = {
  artifacts: 'documents',
  verdict: 'a verdict',
  command: 'a command',
  paths: 'what may change',
  approval: 'a person approves',
  ci: 'CI',
  pullRequestReview: 'reviews of the pull request',
};

const gateLine = ({ name, kind }: Gate) => `${name}, ${judges[kind]}`;

function waysFrom(pipeline: Pipeline, stage: Stage): string[] {
  const { name, objection, questions, rework, merge } = stage;
  const way = (to: string, label: string) => `  ${mermaidId(name)} --> ${mermaidId(to)}: ${plainLabel(label)}`;
  const last = rework.otherwise === 'blocked' ? 'then it is blocked' : 'then a person decides';
  return [
    way(following(pipeline, stage), 'every gate passes'),
    ...(rework.limit === 0 ? [] : [way(rework.to ?? name, `a gate fails, ${timesOf(rework.limit)}, ${last}`)]),
    ...(objection === undefined
      ? []
      : [way(objection.to, `the agent objects, ${timesOf(objection.limit)}, then a person decides`)]),
    ...(questions === undefined ? [] : [way(name, 'the agent asks, a person answers')]),
    ...(merge === undefined ? [] : [way(merge.onConflict, `the branch conflicts, ${timesOf(merge.limit)}`)]),
  ];
}

const timesOf = (limit: number) => (limit === 1 ? 'once' : `${limit} times`);
