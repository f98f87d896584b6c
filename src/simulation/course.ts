/** The tasks of a walk, as they are seen from outside: how each stands, since when, and how it has ended. */
import { contextOf } from '../app/context.ts';
import { type Standing, standingIn, taskTags } from '../machines/standing.ts';
import { type TaskContext, verdictIn } from '../machines/task/context.ts';
import { compileTask } from '../machines/task/task.ts';
import { sayingsAt } from '../machines/words.ts';
import type { Runtime, Transition } from '../runtime/index.ts';
import type { People } from './people/people.ts';
import { waitingForPeople } from './promises.ts';
import type { World } from './world.ts';

/** How a task has ended; `unfinished` had not by the horizon. */
export type TaskEnd = 'done' | 'cancelled' | 'failed' | 'unfinished';

export interface Course {
  orderedAt: number;
  endedAt: number | null;
  end: TaskEnd;
  standing: Standing;
  since: number;
  peopleMs: number;
  /** Whether people review its pull request. */
  isReviewed: boolean;
}

/** A task as it is seen to be. */
interface Noticed {
  context: TaskContext;
  tags: readonly string[];
  status: string;
  at: number;
}

export interface Courses {
  /** Hears of every transition that is committed. */
  hear(transition: Transition): void;
  /** Looks at what there is: of what was stored when the process was killed nobody was told. */
  look(runtime: Runtime): Promise<void>;
  /** By the id of the task, in the order in which they began. */
  readonly all: ReadonlyMap<string, Course>;
  /** Of one that nobody was there to take as well. */
  of(id: string): Course;
}

export function createCourses(world: World, people: People): Courses {
  const { pipeline, calendar } = world;
  const machine = compileTask(pipeline);
  const courses = new Map<string, Course>();
  const gates = pipeline.stages.flatMap(stage => stage.gates);
  const reviewing = new Set(gates.filter(({ kind }) => kind === 'pullRequestReview').map(({ name }) => name));

  function hear(transition: Transition): void {
    const { kind, actorId: id, snapshot, event, from, to, at, outcome, status } = transition;
    if (kind === 'breaker' && from !== to && from !== '') world.tell(null, `the provider's breaker is ${to}`);
    if (kind !== 'task' || !('context' in snapshot)) return;
    const context = snapshot.context as unknown as TaskContext;
    const verdict = verdictIn(event);
    if (verdict !== undefined && outcome === 'applied') {
      const why = verdict.verdict === 'inconclusive' ? ` (${verdict.detail})` : '';
      world.tell(id, `${verdict.gate}: ${verdict.verdict}${why}`);
    }
    if (from !== to) {
      const { headline } = sayingsAt(machine, to);
      const { outcome: ended, reason } = (event.output ?? {}) as { outcome?: string; reason?: string };
      if (ended !== undefined) world.tell(id, `the agent has ended: ${ended} (${reason ?? 'no reason'})`);
      if (headline !== undefined)
        world.tell(id, `${headline}${context.waitsFor === null ? '' : `: ${context.waitsFor}`}`);
    }
    notice(id, { context, tags: taskTags(snapshot as never), status, at });
    const course = courses.get(id)!;
    if (event.type === 'gate.waits' && reviewing.has(String(event.gate))) course.isReviewed = true;
    else if (from !== to) course.isReviewed = false;
  }

  function notice(id: string, { context, tags, status, at }: Noticed): void {
    const course = courses.get(id) ?? begunAt(at);
    courses.set(id, course);
    if (course.endedAt !== null) return;
    goOn(course, at, standingIn(tags));
    people.see(id, context, tags);
    if (status === 'active') return;
    course.endedAt = at;
    course.end = standingIn(tags) as TaskEnd;
    world.end(id);
    if (course.end === 'done') world.land(id, context.codeTree, 'done');
  }

  return {
    hear,
    async look(runtime) {
      for (const row of await runtime.actors({ kind: 'task', limit: 1_000 })) {
        const { id, tags, status, updatedAt: at } = row;
        notice(id, { context: contextOf<TaskContext>(row), tags, status, at });
      }
    },
    all: courses,
    of: id => courses.get(id) ?? begunAt(calendar.now()),
  };
}

const begunAt = (at: number): Course => ({
  ...{ orderedAt: at, endedAt: null, end: 'unfinished', standing: 'working', since: at },
  ...{ peopleMs: 0, isReviewed: false },
});

function goOn(course: Course, at: number, standing: Standing): void {
  if (waitingForPeople.includes(course.standing) || course.isReviewed) course.peopleMs += at - course.since;
  course.since = at;
  course.standing = standing;
}
