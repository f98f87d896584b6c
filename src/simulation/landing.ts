/** How code comes about and comes to the target in a simulated world, and whether it was passed by then. */
import { ordinaryWay, type Pipeline, type Stage } from '../machines/pipeline.ts';
import type { Chance } from './chance.ts';
import type { Code, Placed } from './code.ts';
import type { Hearing } from './hearing.ts';
import { carriedOver, wrongIn } from './owed.ts';
import { settingsOf, type WorldSettings } from './settings.ts';

export interface Landing {
  /** The agent of a stage has written what it writes. */
  write(taskId: string, stage: string, number: number): void;
  /** What the target has by now comes to the branch, at the merge of a stage. */
  update(taskId: string, sha: string, stage: string): Placed;
  /** A commit of a task goes into the target, from a stage. */
  merge(taskId: string, sha: string, by: string): Placed;
  /** A tree of a task comes to the target from a stage, or a task is done with it: it ought to be passed. */
  land(taskId: string, tree: string, by: string): void;
}

interface Around {
  settings: WorldSettings;
  chance: Chance;
  code: Code;
  hearing: Hearing;
  /** Something of a task must not have happened. */
  onWrong(taskId: string, wrong: string): void;
  /** A commit of a task has come to the target, which is now at this tree; new or again. */
  onMerged(taskId: string, tree: string, isNew: boolean): void;
}

export function createLanding(
  pipeline: Pipeline,
  { settings, chance, code, hearing: { hear, lastWords }, onWrong, onMerged }: Around,
): Landing {
  const writers = writersOf(pipeline, settings);

  function land(taskId: string, tree: string, by: string): void {
    // Nothing is merged that the target has already; and who has written documents alone is done with others' code.
    if (code.hasBeen(tree) && (by !== 'done' || !code.hasWritten(taskId))) return;
    const said = lastWords(taskId, tree);
    for (const wrong of wrongIn(pipeline, { by, tree, said })) onWrong(taskId, wrong);
  }

  return {
    land,
    write(taskId, stage, number) {
      const name = `${taskId} ${stage} ${number}`;
      // Now and then somebody who reviews fixes it himself, and somebody who is to fix it does nothing.
      const isCode = chance.happens(`writes ${name}`, writers.has(stage) ? 97 : 2);
      const isReturn = chance.happens(`returns ${name}`, 3);
      code.write(taskId, !isCode ? 'documents' : isReturn ? 'return' : 'change');
    },
    update(taskId, sha, stage) {
      const before = lastWords(taskId, code.treeAt(sha));
      // Where nothing but documents is its own, the target is as others have judged it.
      const carried = code.isAhead(sha) ? carriedOver(pipeline, stage) : Object.keys(before);
      const placed = code.update(taskId, sha);
      for (const gate of carried) if (before[gate] === 'pass') hear(gate, taskId, placed.codeTree, 'pass');
      return placed;
    },
    merge(taskId, sha, by) {
      const isNew = !code.isMerged(sha);
      if (isNew) land(taskId, code.treeAt(sha), by);
      const placed = code.merge(taskId, sha);
      onMerged(taskId, placed.codeTree, isNew);
      return placed;
    },
  };
}

/**
 * Stages whose agents write code: those that the world says, else those that are judged by commands, builds or paths, before
 * the merge. Where that is none, the first stage, whatever it does.
 */
function writersOf(pipeline: Pipeline, settings: WorldSettings): Set<string> {
  const way = ordinaryWay(pipeline);
  const merging = way.findIndex(({ merge }) => merge !== undefined);
  const behind = merging < 0 ? [] : way.slice(merging);
  const isWriting = (stage: Stage) => {
    const { writes } = settingsOf(settings, stage.name);
    if (writes !== undefined) return writes === 'code';
    return !behind.includes(stage) && stage.gates.some(({ kind }) => ['command', 'ci', 'paths'].includes(kind));
  };
  const writers = pipeline.stages.filter(isWriting).map(({ name }) => name);
  const isSaid = pipeline.stages.some(({ name }) => settingsOf(settings, name).writes !== undefined);
  return new Set(writers.length > 0 || isSaid ? writers : way.slice(0, 1).map(({ name }) => name));
}
