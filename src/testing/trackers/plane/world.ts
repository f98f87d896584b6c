/** What a fake Plane holds: one workspace, its members, its projects and what lies in them. */
import { randomBytes, randomUUID } from 'node:crypto';

/** Guest, member, administrator. */
export type Role = 5 | 15 | 20;

/** Which Plane it plays. Up to 1.0 the community edition calls items `issues` and tells of no relations. */
export type Edition = 'community' | 'old-community' | 'cloud';

export interface FakeUser {
  id: string;
  login: string;
  token: string;
  role: Role;
}

export interface FakeState {
  id: string;
  name: string;
  group: 'backlog' | 'unstarted' | 'started' | 'completed' | 'cancelled';
}

export interface FakeLabel {
  id: string;
  name: string;
}

/** What Plane keeps of everything: when it was made and touched, and by whom it is said to be. */
export interface Kept {
  id: string;
  createdAt: Date;
  updatedAt: Date;
  createdBy: string;
  updatedBy: string | null;
  externalSource: string | null;
  externalId: string | null;
}

export interface FakeComment extends Kept {
  /** Who really wrote it. */
  actor: FakeUser;
  html: string;
  access: string;
  editedAt: Date | null;
}

export interface FakeActivity {
  id: string;
  at: Date;
  actor: FakeUser;
  verb: 'created' | 'updated';
  field: string | null;
  oldValue: string | null;
  newValue: string | null;
}

export interface FakeItem extends Kept {
  project: FakeProject;
  sequence: number;
  name: string;
  html: string;
  priority: string;
  state: FakeState;
  labels: FakeLabel[];
  assignees: FakeUser[];
  parent: string | null;
  archivedAt: string | null;
  isDeleted: boolean;
  comments: FakeComment[];
  activities: FakeActivity[];
  /** Items that must be done before it. */
  blockedBy: FakeItem[];
}

export interface FakeProject {
  id: string;
  name: string;
  identifier: string;
  states: FakeState[];
  /** As they were made. */
  labels: FakeLabel[];
  members: Map<FakeUser, Role>;
  items: FakeItem[];
  lastSequence: number;
}

export interface FakeHook {
  id: string;
  url: string;
  secret: string;
}

export interface World {
  id: string;
  slug: string;
  edition: Edition;
  users: FakeUser[];
  projects: FakeProject[];
  hooks: FakeHook[];
  /** Deliveries about comments get lost. */
  losesCommentWebhooks: boolean;
  /** The time, later with every look, so that nothing happens at once. */
  now(): Date;
}

export function createWorld(
  { slug, edition, people }: { slug: string; edition: Edition; people: Readonly<Record<string, Role>> },
  clock: () => number,
): World {
  let last = 0;
  return {
    id: randomUUID(),
    slug,
    edition,
    users: Object.entries(people).map(([login, role]) => ({
      ...{ id: randomUUID(), login, role },
      token: `plane_api_${randomBytes(16).toString('hex')}`,
    })),
    projects: [],
    hooks: [],
    losesCommentWebhooks: false,
    now() {
      last = Math.max(last + 1, clock());
      return new Date(last);
    },
  };
}

const firstStates: readonly Omit<FakeState, 'id'>[] = [
  { name: 'Backlog', group: 'backlog' },
  { name: 'Todo', group: 'unstarted' },
  { name: 'In Progress', group: 'started' },
  { name: 'Done', group: 'completed' },
  { name: 'Cancelled', group: 'cancelled' },
];

export interface WantedProject {
  identifier: string;
  name: string;
  labels?: readonly string[];
  /** Instead of those that a new project has. The first one is where items begin. */
  states?: readonly Omit<FakeState, 'id'>[];
}

export function addProject(world: World, wanted: WantedProject, by: FakeUser): FakeProject {
  const { identifier, name, labels = [], states = firstStates } = wanted;
  const project: FakeProject = {
    id: randomUUID(),
    ...{ identifier, name, items: [], lastSequence: 0 },
    states: states.map(state => ({ id: randomUUID(), ...state })),
    labels: labels.map(label => ({ id: randomUUID(), name: label })),
    members: new Map([[by, 20]]),
  };
  world.projects.push(project);
  return project;
}

/** What people and lists see: neither archived nor deleted. */
export const isListed = ({ archivedAt, isDeleted }: FakeItem): boolean => archivedAt === null && !isDeleted;
