/** Accounts, members, projects and the words of projects. */

import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { bodyOf, paramOf } from '../../forges/request.ts';
import { forbidden, idIn, missing, page, picked, projectFor, Refusal, unfit, whoAsks } from './answers.ts';
import { labelShape, projectShape, stateShape, userShape } from './shapes.ts';
import { addProject, type FakeProject, type FakeState, type FakeUser, type Role, type World } from './world.ts';

export const root = '/api/v1/workspaces/:slug';
export const inProject = `${root}/projects/:project`;

export function addProjectRoutes(app: FastifyInstance, world: World): void {
  app.get('/api/instances/', () => ({
    instance: {
      current_version: world.edition === 'old-community' ? '1.0.0' : '1.3.1',
      edition: world.edition === 'cloud' ? 'PLANE_COMMERCIAL' : 'PLANE_COMMUNITY',
    },
  }));
  app.get('/api/v1/users/me/', request => userShape(whoAsks(request, world)));
  app.get(`${root}/members/`, request => {
    const by = whoAsks(request, world);
    if (paramOf(request, 'slug') !== world.slug || by.role < 15) throw forbidden();
    return world.users.map(user => ({ ...userShape(user), role: user.role }));
  });
  app.get(`${root}/projects/`, request => {
    const by = whoAsks(request, world);
    if (paramOf(request, 'slug') !== world.slug) throw forbidden();
    return page(request, world.projects, project => projectShape(project, world, by));
  });
  app.post(`${root}/projects/`, (request, reply) => {
    const by = whoAsks(request, world);
    if (by.role < 15) throw forbidden();
    const { name, identifier } = bodyOf(request);
    if (!name || !identifier) throw unfit({ name: ['This field is required.'] });
    const project = addProject(world, { name: String(name), identifier: String(identifier).toUpperCase() }, by);
    return reply.code(201).send(projectShape(project, world, by));
  });
  app.get(`${inProject}/`, request => {
    const by = whoAsks(request, world);
    const project = world.projects.find(it => it.id === idIn(request, 'project'));
    if (!project) throw missing();
    return picked(request, projectShape(project, world, by));
  });
  addMemberRoutes(app, world);
  addWordRoutes(app, world);
}

function addMemberRoutes(app: FastifyInstance, world: World): void {
  app.get(`${inProject}/members/`, request => {
    const { members } = projectFor(request, world).project;
    // Only the commercial editions tell who may do what in a project.
    const shape = (user: FakeUser, role: Role) =>
      world.edition === 'cloud' ? { ...userShape(user), role } : userShape(user);
    return [...members].map(([user, role]) => shape(user, role));
  });
  app.post(`${inProject}/members/`, (request, reply) => {
    const { project } = projectFor(request, world, 20);
    const { member, role } = bodyOf(request);
    const user = world.users.find(it => it.id === member);
    if (!user) throw unfit({ member: ['Member not found in workspace'] });
    project.members.set(user, role as Role);
    return reply.code(201).send({ id: randomUUID(), member, role });
  });
}

function addWordRoutes(app: FastifyInstance, world: World): void {
  const refuseTwice = (kind: string, there: { id: string } | undefined) => {
    if (!there) return;
    throw new Refusal(409, { error: `${kind} with the same name already exists in the project`, id: there.id });
  };
  app.get(`${inProject}/states/`, request => {
    const { project } = projectFor(request, world);
    return page(request, project.states, state => stateShape(state, project, world));
  });
  app.post(`${inProject}/states/`, request => {
    const { project } = projectFor(request, world, 15);
    const { name, group = 'backlog' } = bodyOf(request);
    refuseTwice('State', named(project.states, name));
    const state: FakeState = { id: randomUUID(), name: String(name), group: group as FakeState['group'] };
    project.states.push(state);
    return stateShape(state, project, world);
  });
  app.get(`${inProject}/labels/`, request => {
    const { project } = projectFor(request, world);
    return page(request, project.labels.toReversed(), label => labelShape(label, project, world));
  });
  app.post(`${inProject}/labels/`, (request, reply) => {
    const { project } = projectFor(request, world, 15);
    const name = String(bodyOf(request).name);
    refuseTwice('Label', named(project.labels, name));
    const label = { id: randomUUID(), name };
    project.labels.push(label);
    return reply.code(201).send(labelShape(label, project, world));
  });
}

const named = <T extends FakeProject['labels'][number]>(all: readonly T[], name: unknown): T | undefined =>
  all.find(it => it.name === name);
