/**
 * What a Gemini process has used so far, by its session file: each answer of the model is a line with its `tokens`, written again when
 * its tools have reported. Helper models are not in it; the statistics at the end have them.
 */
import { countOf, type Fields, fieldsOf, isSince, nameOf, parseObject, textOf } from './reading.ts';

/** By model; more than this nobody uses. */
const mostModels = 20;
/** An answer is written again soon, or never. */
const rememberedAnswers = 64;

export class GeminiNotes {
  readonly #models = new Map<string, Record<string, number>>();
  readonly #answers = new Set<string>();
  readonly #isResumed: boolean;

  constructor(isResumed: boolean) {
    this.#isResumed = isResumed;
  }

  /** In a session that is gone on with, what was noted before `since`, epoch milliseconds, is an earlier process's. */
  read(line: string, since: number): void {
    if (!line.includes('"tokens":')) return;
    const note = parseObject(line);
    const id = textOf(note?.id);
    if (note?.type !== 'gemini' || id === '' || id.length > 100) return;
    if (this.#isResumed && !isSince(note.timestamp, since)) return;
    const isNew = !this.#answers.has(id);
    const counts = countsOf(fieldsOf(note.tokens));
    if (!isNew || counts.total_tokens === 0) return;
    this.#answers.add(id);
    if (this.#answers.size > rememberedAnswers) this.#answers.delete(this.#answers.values().next().value!);
    const model = nameOf(note.model) ?? '';
    if (!this.#models.has(model) && this.#models.size >= mostModels) return;
    this.#models.set(model, sum(this.#models.get(model), counts));
  }

  /** In the shape of the statistics that the program prints. */
  stats(): Fields {
    const all = [...this.#models.values()].reduce((total, counts) => sum(total, counts), countsOf({}));
    return { ...all, models: Object.fromEntries(this.#models) };
  }
}

function countsOf({ total, input, output, cached }: Fields) {
  return {
    total_tokens: countOf(total),
    input_tokens: countOf(input),
    output_tokens: countOf(output),
    cached: countOf(cached),
  };
}

type Counts = Record<string, number>;

const sum = (a: Counts | undefined, b: Counts): Counts =>
  Object.fromEntries(Object.entries(b).map(([name, count]) => [name, count + (a?.[name] ?? 0)]));
