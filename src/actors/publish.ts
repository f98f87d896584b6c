/** Commits what an agent has left in the worktree to the task's branch. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SignalboxError } from '../domain/errors.ts';
import { documentsOf, type Published } from '../machines/task/context.ts';
import { readDocument } from './document.ts';
import { harmlessTitle } from './forge/harmless.ts';
import { readRequests } from './forge/requests.ts';
import { codeTreeOf, gitIn } from './git.ts';
import { inside } from './paths.ts';

export interface PublishInput {
  taskId: string;
  worktree: string;
  branch: string;
  workItem: string;
  stage: string;
  role: string;
  title: string;
  /** Documents by which the agent asks a person or objects; null where the stage has none. */
  questions: string | null;
  objection: string | null;
}

const longestText = 4_000;

/**
 * Commits everything, commits that the agent made itself included; does nothing when there is nothing new, so it can be
 * repeated. Throws `conflict` when the agent has left the task's branch.
 */
export async function publish(input: PublishInput): Promise<Published> {
  const { taskId, worktree, branch, workItem, stage, role, title } = input;
  const git = gitIn(worktree);
  const current = await git(['symbolic-ref', '--short', '-q', 'HEAD'], { allow: [1] });
  if (current !== branch) {
    const where = current === '' ? 'a detached HEAD' : `branch ${current}`;
    throw new SignalboxError(
      'conflict',
      'wrongBranch',
      `The agent left the worktree on ${where} instead of ${branch}.`,
    );
  }
  const documents = documentsOf(workItem);
  await git(['add', '--all', '--', '.']);
  // A repository may ignore docs; what the pipeline asks for is committed all the same.
  if (existsSync(join(worktree, documents))) await git(['add', '--force', '--', documents]);
  const { code } = await git.result(['diff', '--no-ext-diff', '--cached', '--quiet']);
  if (code !== 0) {
    const message = `${workItem}: ${stage}\n\n${harmlessTitle(title)}\n\nSignalbox-Task: ${taskId}\nSignalbox-Stage: ${stage}\n`;
    await git(['-c', `user.name=Signalbox ${role}`, 'commit', '--quiet', '--no-verify', '-F', '-'], { input: message });
  }
  const head = await git(['rev-parse', 'HEAD']);
  const said = (file: string | null) => (file === null ? null : readOptional(join(worktree, documents), file));
  const { questions, objection } = input;
  return {
    head,
    codeTree: await codeTreeOf(git, head, documents),
    questions: said(questions),
    objection: said(objection),
    requests: readRequests(join(worktree, documents)),
  };
}

function readOptional(documents: string, file: string): string | null {
  try {
    return readDocument(inside(documents, file)).slice(0, longestText);
  } catch {
    return null;
  }
}
