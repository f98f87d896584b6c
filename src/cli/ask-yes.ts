/** Asks the person at the terminal whether they are sure. */
import { createInterface } from 'node:readline/promises';

/** Anything but yes is no. The question goes to standard error, so that the answer of the command stays alone. */
export async function askYes(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<string>(resolve => terminal.once('close', () => resolve('')));
    return /^y(?:es)?$/i.test((await Promise.race([terminal.question(question), closed])).trim());
  } finally {
    terminal.close();
  }
}
