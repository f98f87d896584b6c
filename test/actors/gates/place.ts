/** A task whose branch is at a fake forge, and everything by which a gate of any kind comes to a verdict. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type JudgeInput, judgeGate } from '../../../src/actors/gate.ts';
import { noSandbox } from '../../../src/domain/agent-spec.ts';
import { gateSchema } from '../../../src/machines/pipeline.ts';
import { remote, startForge } from '../forge/place.ts';
import { beginRepository, commitFiles, write } from '../repository.ts';

export const branch = 'signalbox/ET-1';

export type GateStory = Awaited<ReturnType<typeof startStory>>;

/** A branch with one commit of the bot's at the forge, and a pull request for it. */
export async function startStory() {
  const place = await startForge();
  const { fake, ask, forge, directory, clientOf } = place;
  await ask('root', 'POST', '/branches', { new_branch_name: branch, old_branch_name: 'main' });
  const head = await fake.commit(remote, { branch, files: { 'src/new.txt': 'new' }, by: 'bot' });
  const pull = await forge.openPullRequest(remote, { head: branch, base: 'main', title: 'ET-1: Add it', body: '' });
  const worktree = join(directory, 'worktree');
  const documents = join(worktree, 'docs/work-items/ET-1');
  mkdirSync(documents, { recursive: true });
  beginRepository(worktree);
  const at = { name: 'home', repository: remote, pullRequest: { number: pull.number, url: pull.url }, commentId: null };
  return {
    ...place,
    head,
    number: pull.number,
    at,
    leave: (files: Record<string, string>) => write(documents, files),
    work: (files: Record<string, string>) => write(worktree, files),
    status: (context: string, state: string, sha = head) =>
      ask('root', 'POST', `/statuses/${sha}`, { context, state, description: `${context} is ${state}` }),
    review: (login: string, event: 'APPROVED' | 'REQUEST_CHANGES' | 'COMMENT', more: object = {}) =>
      ask<{ id: number }>(login, 'POST', `/pulls/${pull.number}/reviews`, { event, body: `says ${login}`, ...more }),
    push: (by = 'bot') => fake.commit(remote, { branch, files: { [`src/${by}.txt`]: by }, by }),
    async judge(gate: object, more: Partial<JudgeInput> = {}, client = clientOf('bot')) {
      const parsed = gateSchema.parse({ name: 'checked', ...gate });
      const isAtForge = parsed.kind === 'ci' || parsed.kind === 'pullRequestReview';
      const input: JudgeInput = {
        ...{ taskId: 'task-1', project: 'shop', repository: worktree, workItem: 'ET-1', branch, target: 'main' },
        ...{ sandbox: noSandbox, forge: at, head: isAtForge ? head : commitFiles(worktree, {}) },
        gate: parsed,
        job: { ref: 'task-1.gate-checked.7' },
        ...more,
      };
      const forgeOf = async () => client;
      const inside = (name: string) => join(directory, name);
      const judging = {
        ...{ runsDir: inside('runs'), checkoutsDir: inside('checkouts'), cacheDir: inside('cache'), forgeOf },
      };
      const { durationMs, ...looked } = await judgeGate(input, judging, new AbortController().signal);
      return { ...looked, durationMs: durationMs! };
    },
  };
}
