/** What could not be read: what failed, why, and what to do about it. */
import type { Refused } from '../api/ask.ts';
import { useTexts } from '../texts/index.ts';

export function Failed({ error, again }: { error: Error; again?: () => void }) {
  const { failed } = useTexts();
  const { problem } = error as Partial<Refused>;
  return (
    <div className="failed" role="alert">
      <b>{failed.title}</b>
      <p>{error.message}</p>
      {problem?.remedy !== undefined && <p>{problem.remedy.say}</p>}
      {again !== undefined && (
        <button type="button" onClick={again}>
          {failed.again}
        </button>
      )}
    </div>
  );
}
