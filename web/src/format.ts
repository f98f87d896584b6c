/** Durations, money, times: with the fewest digits that matter; exact ones stand beside them. */

/** `4 m`, `2.3 h`, `12 d`. Milliseconds; less than a second is `0 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 60) return `${Math.floor(minutes)} m`;
  const hours = minutes / 60;
  if (hours < 24) return `${hours < 10 ? trimmed(hours) : Math.floor(hours)} h`;
  const days = hours / 24;
  return `${days < 10 ? trimmed(days) : Math.floor(days)} d`;
}

const trimmed = (value: number) => String(Math.floor(value * 10) / 10);

/** `2 h 14 m 3 s`: all of it. */
export function exactDuration(ms: number): string {
  const whole = Math.round(Math.max(0, ms) / 1_000);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3_600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ];
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return said.length === 0 ? `${Math.round(ms)} ms` : said.join(' ');
}

/** `$1.20`, `$0.004`, `$120`; null where it is not known. */
export function money(usd: number | null): string {
  if (usd === null) return '–';
  if (usd === 0) return '$0';
  if (usd < 0.01) return `$${usd.toFixed(3)}`;
  return usd < 100 ? `$${usd.toFixed(2)}` : `$${Math.round(usd).toLocaleString('en')}`;
}

/** `1.2 k`, `3.4 M`. */
export function amount(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 1_000_000) return `${trimmed(count / 1_000)} k`;
  return `${trimmed(count / 1_000_000)} M`;
}

/** `1.4 MB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = count < 1_000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
  return `${power === 0 ? count : trimmed(count / 1_000 ** power)} ${units[power]}`;
}

/** Formats are costly to make and cheap to use. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(language: string, name: 'time' | 'dated' | 'exact'): Intl.DateTimeFormat {
  const key = `${language} ${name}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat(language, fields[name]);
  formats.set(key, format);
  return format;
}

const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false };
const fields: Record<'time' | 'dated' | 'exact', Intl.DateTimeFormatOptions> = {
  time,
  dated: { ...time, day: 'numeric', month: 'short' },
  exact: { ...time, year: 'numeric', month: 'long', day: 'numeric', fractionalSecondDigits: 3, timeZoneName: 'short' },
};

/** `14:03:22` of today, with the date of another day; in the zone of whoever looks. */
export function clockTime(at: string, now: number, language: string): string {
  const then = new Date(at);
  const isToday = then.toDateString() === new Date(now).toDateString();
  return formatFor(language, isToday ? 'time' : 'dated').format(then);
}

/** With date, milliseconds and zone. */
export const exactTime = (at: string, language: string): string => formatFor(language, 'exact').format(new Date(at));
