/** Protected branches of a fake Gitea: what must be there before something is merged into one. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { whoMay } from './accounts.ts';
import { bodyOf, Refusal } from './answers.ts';
import { repositoryOf } from './lookup.ts';
import type { FakeProtection, FakePullIssue, FakeRepository, World } from './world.ts';

const newProtection = z.object({
  branch_name: z.string().optional(),
  rule_name: z.string().optional(),
  required_approvals: z.number().optional(),
  enable_status_check: z.boolean().optional(),
  status_check_contexts: z.array(z.string()).optional(),
  block_on_rejected_reviews: z.boolean().optional(),
});

const shapeOf = (rule: FakeProtection) => ({
  branch_name: rule.branch,
  rule_name: rule.branch,
  required_approvals: rule.approvals,
  enable_status_check: rule.contexts.length > 0,
  status_check_contexts: rule.contexts,
  block_on_rejected_reviews: rule.isBlockedByRejection,
});

export function addProtectionRoutes(app: FastifyInstance, world: World): void {
  const path = '/api/v1/repos/:owner/:name/branch_protections';
  app.get(path, request => repositoryOf(request, world).protections.map(shapeOf));
  app.post(path, async (request, reply) => {
    const repository = repositoryOf(request, world);
    whoMay(request, world, repository, 'admin');
    const body = bodyOf(request, newProtection);
    const rule: FakeProtection = {
      branch: body.rule_name || body.branch_name || '',
      approvals: body.required_approvals ?? 0,
      contexts: body.enable_status_check ? (body.status_check_contexts ?? []) : [],
      isBlockedByRejection: body.block_on_rejected_reviews ?? false,
    };
    if (rule.branch === '') throw new Refusal(422, 'both rule_name and branch_name are empty');
    repository.protections.push(rule);
    return reply.code(201).send(shapeOf(rule));
  });
}

/** Throws when a rule of the branch stands against a merge of this head. */
export function refuseByRule(repository: FakeRepository, { pull }: FakePullIssue, head: string): void {
  const rule = repository.protections.find(it => it.branch === pull.base);
  if (!rule) return;
  const counting = pull.reviews.filter(review => !review.isDismissed);
  const approvals = new Set(counting.filter(it => it.state === 'APPROVED').map(it => it.author.login));
  const isRejected = counting.some(
    it => it.state === 'REQUEST_CHANGES' && counting.findLast(other => other.author === it.author) === it,
  );
  const isGreen = (context: string) =>
    repository.statuses.findLast(it => it.sha === head && it.context === context)?.state === 'success';
  if (!rule.contexts.every(isGreen)) throw notReady('Not all required status checks successful');
  if (approvals.size < rule.approvals) throw notReady('Does not have enough approvals');
  if (rule.isBlockedByRejection && isRejected) throw notReady('There are requested changes');
}

const notReady = (why: string) => new Refusal(405, why);
