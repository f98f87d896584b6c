/**
 * Tells systemd how a service of `Type=notify` stands: https://www.freedesktop.org/software/systemd/man/sd_notify.html.
 * Its own program carries the message, because Node has no datagram sockets of the file system; the unit says
 * `NotifyAccess=all` for that. Where no systemd listens, nothing is done.
 */
import { execa } from 'execa';

export interface ServiceManager {
  ready(status: string): Promise<void>;
  stopping(): Promise<void>;
  /** Signs of life from now on, as often as the unit asks for them. They stop when the event loop does. */
  watch(): { close(): void };
}

type Environment = Readonly<Record<string, string | undefined>>;

export function serviceManager(env: Environment, onFault: (error: unknown) => void): ServiceManager {
  const isThere = (env.NOTIFY_SOCKET ?? '') !== '';
  // The program asks its parent's name for the message, so that systemd knows whose it is.
  const tell = async (...words: string[]) => {
    if (!isThere) return;
    const variables = { PATH: env.PATH ?? '/usr/bin:/bin', NOTIFY_SOCKET: env.NOTIFY_SOCKET! };
    await execa('systemd-notify', words, { env: variables, extendEnv: false, timeout: 5_000 }).catch(onFault);
  };
  return {
    ready: status => tell('--ready', `--status=${status}`),
    stopping: () => tell('STOPPING=1'),
    watch() {
      const allowedMs = Number(env.WATCHDOG_USEC ?? 0) / 1_000;
      if (!isThere || !(allowedMs > 0)) return { close() {} };
      // Twice in the time that is allowed, as the manual asks for.
      const beat = setInterval(() => void tell('WATCHDOG=1'), allowedMs / 2);
      return { close: () => clearInterval(beat) };
    },
  };
}
