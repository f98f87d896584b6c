/** Answers that never change are asked for once: those of the last questions are kept. */

export type Remembered<T> = (question: string, ask: () => Promise<T>) => Promise<T>;

/** What failed, and what is not `worth` it, is asked for again. */
export function remembered<T>(most: number, isWorth: (answer: T) => boolean = () => true): Remembered<T> {
  const known = new Map<string, Promise<T>>();
  return (question, ask) => {
    const answer = known.get(question) ?? ask();
    known.delete(question);
    known.set(question, answer);
    const forget = () => known.get(question) === answer && known.delete(question);
    answer.then(value => isWorth(value) || forget(), forget);
    for (const oldest of known.keys()) if (known.size > most) known.delete(oldest);
    return answer;
  };
}

/** Whether a name is that of one object, which never changes. */
export const isHash = (name: string) => /^[0-9a-f]{40,64}$/.test(name);
