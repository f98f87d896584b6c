/**
 * What every forge must do, as one suite over the contract: it runs against the fakes always, and against real servers
 * where there are some. Each test has a repository of its own.
 */
import { test } from 'vitest';
import type { Forge, ForgeKind } from '../../../src/integrations/forge.ts';
import { type AtPlaceOptions, atPlace } from '../at-place.ts';
import { commentBehaviour } from './conformance/comments.ts';
import { hookBehaviour } from './conformance/hooks.ts';
import { issueBehaviour } from './conformance/issues.ts';
import { mergeBehaviour } from './conformance/merge.ts';
import { pullRequestBehaviour } from './conformance/pulls.ts';
import { repositoryBehaviour } from './conformance/repositories.ts';
import { reviewBehaviour } from './conformance/reviews.ts';
import { statusBehaviour } from './conformance/statuses.ts';
import type { Files } from './git.ts';
import type { Delivery } from './receiver.ts';

/** What people do on a forge, in its own way: everything that Signalbox itself never does. */
export interface People {
  /** Makes a repository with `main` and these files, where both accounts may push. Answers `owner/name`. */
  makeRepository(files: Files): Promise<string>;
  /** Forks it for the reviewer. Answers `owner/name` of the fork. */
  fork(repository: string): Promise<string>;
  /** The reviewer opens a pull request from a branch of a fork. Answers its number. */
  openFromFork(
    repository: string,
    wanted: { fork: string; head: string; base: string; title: string },
  ): Promise<number>;
  /** The reviewer says what they think of the head. */
  review(
    repository: string,
    number: number,
    said: { verdict: 'approve' | 'reject' | 'comment'; body: string },
  ): Promise<void>;
  closePullRequest(repository: string, number: number): Promise<void>;
  /** The reviewer comments. */
  comment(repository: string, number: number, body: string): Promise<void>;
  deleteComment(repository: string, id: number): Promise<void>;
  comments(repository: string, number: number): Promise<string[]>;
  makeLabel(repository: string, name: string): Promise<void>;
  labels(repository: string, number: number): Promise<string[]>;
  closeIssue(repository: string, number: number): Promise<void>;
  /** A status in the forge's own words, such as `error`. */
  setStatus(repository: string, sha: string, status: { context: string; state: string }): Promise<void>;
  /** How many statuses were ever set on a commit. */
  countStatuses(repository: string, sha: string): Promise<number>;
  hooks(repository: string): Promise<{ id: number; url: string }[]>;
  /** Switches a hook off, as people do when it is in the way. */
  disableHook(repository: string, id: number): Promise<void>;
}

/** One server and who is on it. */
export interface Place {
  kind: ForgeKind;
  /** Ours. */
  forge: Forge;
  /** Of another person, who may push and review as well. */
  reviewer: Forge;
  /** The same server with another token. */
  withToken(token: string): Forge;
  people: People;
  /** What this forge says with each of its states for statuses, beside the three of ours. */
  foreignStates: Readonly<Record<string, 'pending' | 'success' | 'failure'>>;
  webhook: {
    /** Whether the signature of a delivery is good, checked without code of ours. */
    isSigned(delivery: Delivery, secret: string): boolean;
    /** Which of these a delivery is; undefined for everything else. */
    eventOf(delivery: Delivery): 'push' | 'pullRequest' | 'comment' | 'review' | 'status' | undefined;
  };
  close(): Promise<void>;
}

/** Where a test finds its place once it is open. */
export type Behaviour = (place: () => Place) => void;

export function forgeConformance<P extends Place>(
  name: string,
  open: () => Promise<P>,
  options: AtPlaceOptions<P> = {},
): void {
  const behave = (place: () => P) => {
    test('knows who we are', async ({ expect }) => {
      const { forge, reviewer } = place();
      const us = await forge.account();
      expect(us.login).not.toBe((await reviewer.account()).login);
      expect(us.id).toBeGreaterThan(0);
      expect(await forge.version()).not.toBe('');
    });
    repositoryBehaviour(place);
    pullRequestBehaviour(place);
    mergeBehaviour(place);
    reviewBehaviour(place);
    statusBehaviour(place);
    commentBehaviour(place);
    issueBehaviour(place);
    hookBehaviour(place);
  };
  atPlace(name, open, behave, options);
}
