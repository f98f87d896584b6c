/** Finds what an address names. */
import type { FastifyRequest } from 'fastify';
import { isThere } from '../life.ts';
import { notFound, Refusal } from './answers.ts';
import { type FakeIssue, type FakePullIssue, type FakeRepository, isPull, type World } from './world.ts';

export interface RepositoryParams {
  owner: string;
  name: string;
}

const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

export function findRepository(world: World, { owner, name }: RepositoryParams): FakeRepository {
  const found = world.repositories.find(it => same(it.owner, owner) && same(it.name, name));
  if (!found) throw notFound();
  return found;
}

/** The repository that a request is about. */
export const repositoryOf = (request: FastifyRequest, world: World): FakeRepository =>
  findRepository(world, request.params as RepositoryParams);

/** The number in the address. */
export const numberOf = (request: FastifyRequest): number => Number((request.params as { number: string }).number);

/** What stands for `*` in the address. */
export const restOf = (request: FastifyRequest): string => (request.params as { '*': string })['*'];

export function issueOf(request: FastifyRequest, repository: FakeRepository): FakeIssue {
  const found = repository.issues.find(issue => issue.number === numberOf(request) && isThere(issue));
  if (!found) throw notFound();
  return found;
}

export function pullOf(request: FastifyRequest, repository: FakeRepository): FakePullIssue {
  const issue = issueOf(request, repository);
  if (!isPull(issue)) throw new Refusal(404, 'pull request does not exist');
  return issue;
}
