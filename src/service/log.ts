/**
 * The log of a service: JSON lines on standard error, or readable ones on a terminal. What is secret is covered at one
 * place, where a line leaves, whoever has written it and in whichever field.
 */
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  level: LogLevel;
  /** For people, in colours where those can be seen. */
  isReadable: boolean;
  /** Values that never leave, asked for with each line. */
  secrets(): readonly string[];
  /** Where lines go. */
  out: { write(text: string): unknown };
}

export const silentLogger: Logger = pino({ level: 'silent' });

export async function createLogger({ level, isReadable, secrets, out }: LogOptions): Promise<Logger> {
  const covering: DestinationStream = { write: line => out.write(covered(line, secrets())) };
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!isReadable) return pino(options, covering);
  const { default: pretty } = await import('pino-pretty');
  const readable = pretty({
    colorize: !process.env.NO_COLOR,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'reqId',
    singleLine: true,
    destination: covering as never,
  });
  return pino(options, readable);
}

/** Shorter values would cover words of ours. */
const shortestSecret = 6;
const issued = /\bsbx_[A-Za-z0-9_-]{20,}|\b(Bearer|Basic) +[\w.~+/=-]{6,}/gi;

function covered(line: string, secrets: readonly string[]): string {
  let text = line.replace(issued, (_, scheme?: string) => (scheme === undefined ? '***' : `${scheme} ***`));
  for (const secret of secrets) {
    if (secret.length < shortestSecret) continue;
    text = text.replaceAll(secret, '***').replaceAll(JSON.stringify(secret).slice(1, -1), '***');
  }
  return text;
}
