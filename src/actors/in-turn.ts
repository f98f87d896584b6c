/** Work on one thing, piece after piece, whoever asks for it. */

const ends = new Map<string, Promise<unknown>>();

/** Does the work when everything that was asked for before it under the same name has ended, well or badly. */
export function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = ends.get(name) ?? Promise.resolve();
  const result = before.then(work, work);
  const end = result.catch(() => {});
  ends.set(name, end);
  void end.then(() => {
    if (ends.get(name) === end) ends.delete(name);
  });
  return result;
}
