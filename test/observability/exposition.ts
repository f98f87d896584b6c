/** Reads the text format of Prometheus and accepts nothing that its specification does not. */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Family {
  name: string;
  type: string;
  help: string;
  samples: Sample[];
}

export type Scrape = ReturnType<typeof readScrape>;

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const endings: Record<string, string[]> = { histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] };

/** Throws with the line that is wrong. */
export function readScrape(text: string) {
  if (!text.endsWith('\n')) throw new Error('the text does not end with a line feed');
  const families = new Map<string, Family>();
  const series = new Set<string>();
  let family: Family | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const refuse = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (line === '') continue;
    if (word === 'HELP') {
      if (families.has(name)) refuse('a second HELP');
      family = { name, type: '', help: rest, samples: [] };
      families.set(name, family);
    } else if (word === 'TYPE') {
      if (family?.name !== name || family.type !== '') refuse('a TYPE that does not follow its HELP');
      if (!['counter', 'gauge', 'histogram', 'summary'].includes(rest)) refuse('an unknown type');
      family!.type = rest;
    } else {
      const sample = readSample(line) ?? refuse('no sample');
      const mayBe = (endings[family?.type ?? ''] ?? ['']).map(ending => `${family?.name}${ending}`);
      if (family === undefined || family.type === '' || !mayBe.includes(sample.name))
        refuse('a sample before its TYPE');
      const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (series.has(key)) refuse('a series for the second time');
      series.add(key);
      family!.samples.push(sample);
    }
  }
  for (const one of families.values()) if (one.type === 'histogram') checkHistogram(one);

  const find = (name: string, labels: Record<string, string> = {}) =>
    [...families.values()]
      .flatMap(({ samples }) => samples)
      .filter(
        sample => sample.name === name && Object.entries(labels).every(([key, one]) => sample.labels[key] === one),
      );
  return {
    families,
    find,
    /** The sum of all series with these labels; undefined where there is none. */
    value(name: string, labels?: Record<string, string>): number | undefined {
      const found = find(name, labels);
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

function readSample(line: string): Sample | undefined {
  const [, name, inside = '', number] = sampleLine.exec(line) ?? [];
  if (name === undefined || number === undefined) return undefined;
  const value = /^[+-]?Inf$/.test(number) ? Number(number.replace('Inf', 'Infinity')) : Number(number);
  if (Number.isNaN(value) && !/^nan$/i.test(number)) return undefined;
  const labels: Record<string, string> = {};
  labelPair.lastIndex = 0;
  while (labelPair.lastIndex < inside.length) {
    const [, label, text] = labelPair.exec(inside) ?? [];
    if (label === undefined || Object.hasOwn(labels, label)) return undefined;
    labels[label] = text!.replace(/\\(.)/g, (_, mark: string) => (mark === 'n' ? '\n' : mark));
  }
  return { name, labels, value };
}

/** Buckets grow to the last, which holds all that the count says. */
function checkHistogram({ name, samples }: Family): void {
  const ofSeries = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) =>
    JSON.stringify(Object.entries(labels).sort()),
  );
  for (const [key, all] of ofSeries) {
    const buckets = all.filter(sample => sample.name === `${name}_bucket`);
    const limits = buckets.map(({ labels }) => Number(labels.le!.replace('+Inf', 'Infinity')));
    const counts = buckets.map(({ value }) => value);
    const grows = (numbers: number[]) => numbers.every((one, index) => index === 0 || numbers[index - 1]! <= one);
    const count = all.find(sample => sample.name === `${name}_count`)?.value;
    const isWhole = all.some(sample => sample.name === `${name}_sum`) && limits.at(-1) === Number.POSITIVE_INFINITY;
    if (isWhole && grows(limits) && grows(counts) && counts.at(-1) === count) continue;
    throw new Error(`the histogram ${name}${key} does not add up`);
  }
}
