/** Whether somebody works on the data: what is told as under way stands still where nobody does. */
import type { Client } from '../client/open.ts';
import type { OutputOf } from '../client/signalbox.ts';
import { quoted } from '../domain/command-line.ts';

type Task = Pick<OutputOf<'task.list'>['items'][number], 'id' | 'standing' | 'why' | 'repository'>;

/** Of these tasks some would be worked on, and nobody does. */
export async function standStill(client: Client, tasks: readonly Task[]): Promise<boolean> {
  return tasks.some(({ standing }) => standing === 'working') && !(await client.isWorkedOn());
}

/** Why a task stands where it stands. */
export const whyOf = ({ standing, why }: Task, isStill: boolean): string =>
  isStill && standing === 'working' ? `nobody works on it (${why})` : why;

/** What goes on with all of them. */
export const nobodyWorks = (hint: string): string =>
  `Nobody works on this data now. Resume all of it with: signalbox serve${hint}`;

/** What goes on with one of them. */
export const goOn = ({ id, repository }: Task, hint: string): string =>
  `signalbox run --repo ${quoted(repository)} --id ${id}${hint}`;
