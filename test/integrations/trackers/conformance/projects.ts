/** Where items are kept, and who may change them. */
import { expect, test } from 'vitest';
import type { Behaviour } from '../conformance.ts';

export const projectBehaviour: Behaviour = place => {
  test('tells of a project its states and labels', async () => {
    const { tracker, people, states } = place();
    const id = await people.makeProject();
    const project = await tracker.project(id);
    expect(project.id).toBe(id);
    expect(project.labels.toSorted()).toEqual(['agent', 'bug', 'in review']);
    const groups = new Map(project.states.map(state => [state.name, state.group]));
    expect(groups.get(states.todo)).toBe('unstarted');
    expect(groups.get(states.done)).toBe('completed');
  });

  test('knows a project by what people call it', async () => {
    const { tracker, people } = place();
    const id = await people.makeProject();
    const { identifier } = await tracker.project(id);
    expect((await tracker.project(identifier ?? id)).id).toBe(id);
  });

  test('says that there is no such project', async () => {
    const { tracker } = place();
    await expect(tracker.project('acme/no-such-project')).rejects.toMatchObject({ failure: 'notFound' });
  });

  test('says that a token is good for nothing', async () => {
    const { withToken, people } = place();
    const id = await people.makeProject();
    await expect(withToken('nonsense').project(id)).rejects.toMatchObject({ failure: 'unauthorized' });
  });

  test('tells members who may write from those who may not', async () => {
    const { tracker, maria, stranger, people } = place();
    const project = await people.makeProject();
    const nobody = { id: '11111111-1111-4111-8111-111111111111', login: 'no-such-person-here', email: null };
    expect(await tracker.mayWrite(project, await maria.account())).toBe(true);
    expect(await tracker.mayWrite(project, await stranger.account())).toBe(false);
    expect(await tracker.mayWrite(project, { ...nobody, isProgram: false })).toBe(false);
  });
};
