/** What holds of a pipeline and may surprise whoever has written it. */
import { ordinaryWay, type Pipeline, type Stage } from '../pipeline.ts';

/** Whoever has such a role does something that is not to be taken back. */
const releases = /deploy|release|publish|ship/i;

export function notesOn(pipeline: Pipeline): string[] {
  const way = ordinaryWay(pipeline);
  const isOnWay = (stage: Stage) => way.includes(stage);
  const merges = way.some(({ merge }) => merge !== undefined);
  const notes: string[] = [];
  if (!merges) notes.push('nothing is merged: the branch is left to you');
  for (const stage of pipeline.stages) {
    const { name, role, merge, rework, gates } = stage;
    if (merge === undefined && releases.test(`${role} ${name}`)) {
      const later = way.slice(way.indexOf(stage) + 1).flatMap(({ gates: own }) => own.map(gate => gate.name));
      const unguarded = isOnWay(stage) && later.length > 0 ? `; ${later.join(', ')} judge only afterwards` : '';
      notes.push(`${name} has no \`merge\`: what its agent does with the branch, no merge guards${unguarded}`);
    }
    if (!isOnWay(stage))
      notes.push(
        `${name} is a detour: a task goes there only after a refusal, and owes its gates for what it makes there`,
      );
    const back = rework.to === undefined ? undefined : pipeline.stages.find(other => other.name === rework.to);
    if (rework.limit > 0 && back !== undefined && isOnWay(stage) && way.indexOf(back) > way.indexOf(stage)) {
      notes.push(
        `a refusal in ${name} leads on to ${back.name}: ${gates.map(gate => gate.name).join(', ')} stays refused until a person sends it back`,
      );
    }
    if (merge !== undefined && !isOnWay(stage))
      notes.push(`${name} merges, and is a detour: it owes every gate of the ordinary way`);
  }
  return notes;
}
