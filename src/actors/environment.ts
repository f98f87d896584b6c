/** The environment of a process that Signalbox starts: an allow-list. No secret of the orchestrator is on it. */

const allowed = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TERM', 'TMPDIR'];

/** The allow-listed variables of this process, those named by the user included when they are set. */
export function baseEnvironment(more: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined) continue;
    if (allowed.includes(name) || name.startsWith('LC_') || more.includes(name)) result[name] = value;
  }
  return result;
}
