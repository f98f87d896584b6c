/** What everybody stands on who speaks with trackers and chats for the application. */
import type { Runtime } from '../../runtime/index.ts';
import type { Making } from '../new-task.ts';
import type { Settings } from '../settings.ts';
import type { Chats } from './chats.ts';
import type { Trackers } from './trackers.ts';

export interface Ground {
  settings(): Settings;
  trackers: Trackers;
  chats: Chats;
  runtime(): Promise<Runtime>;
  /** What making a task needs. */
  making(): Promise<Making>;
}
