/** Amounts as people write them: sizes in bytes and large counts. */

const sizeUnits: Record<string, number> = { B: 0, K: 1, M: 2, G: 3, T: 4 };

/** Bytes of `512MB`, `1.5GB`, `4G` or a number of bytes; undefined when it is none of these. Units are powers of 1024. */
export function parseSize(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(?:([KMGT])(?:i?B)?|B)?$/i.exec(value) ?? [];
  if (amount === undefined) return undefined;
  return Math.round(Number(amount) * 1024 ** (sizeUnits[(unit ?? 'B').toUpperCase()] ?? 0));
}

/** A size for people: `512MB`, `1.5GB`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let amount = bytes;
  let unit = 0;
  while (Math.abs(amount) >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${Math.round(amount * 10) / 10}${units[unit]}`;
}

const countUnits: Record<string, number> = { '': 1, k: 1_000, M: 1_000_000, G: 1_000_000_000 };

/** The whole number of `5000000`, `5M`, `1.5M` or `200k`; undefined when it is none of these. Units are powers of 1000. */
export function parseCount(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : undefined;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([kMG])?$/.exec(value) ?? [];
  if (amount === undefined) return undefined;
  const count = Math.round(Number(amount) * countUnits[unit]! * 1_000) / 1_000;
  return Number.isInteger(count) ? count : undefined;
}
