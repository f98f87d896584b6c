/** What figures cost whoever asks, and whoever else is served meanwhile. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { makeFiguresData } from './figures-data.ts';

export interface FiguresCost {
  tasks: number;
  entries: number;
  /** Milliseconds: for the first time, and when it is known what there is to count of what has ended. */
  first: number;
  again: number;
  /** The longest that the event loop was held in each, and how often for longer than 20 ms. */
  heldAtFirst: number;
  longerAtFirst: number;
  heldAgain: number;
  longerAgain: number;
  /** Of the answer, and of the process. */
  bytes: number;
  rss: number;
}

const child = fileURLToPath(new URL('figures-child.ts', import.meta.url));

/** With `isHard` every run has had a second attempt, so that its whole log has to be read. */
export async function measureFigures(tasks: number, isHard = false): Promise<FiguresCost> {
  const data = await makeFiguresData(tasks - 1, isHard);
  try {
    const { stdout } = await execa(process.execPath, [child, data.dataDir]);
    return { entries: data.entries, ...(JSON.parse(stdout) as Omit<FiguresCost, 'entries'>) };
  } finally {
    data.remove();
  }
}
