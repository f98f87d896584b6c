/** A mail server on this machine that keeps what it is handed, and refuses what a test wants it to. */
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { type Mail, readMail } from './mail.ts';

export interface Handed extends Mail {
  from: string;
  to: string[];
  /** Whether the way to the server was encrypted. */
  isSecure: boolean;
  /** The account that had signed in; null when none had. */
  user: string | null;
}

export interface MailServerOptions {
  /** Nobody may hand in mail without it. */
  account?: { user: string; password: string };
  /** Whether STARTTLS is offered. */
  hasTls?: boolean;
  /** TLS from the start. */
  isSecure?: boolean;
  /** What it answers to a receiver, where it does not take him. */
  refusals?: Readonly<Record<string, Refusal>>;
}

interface Refusal {
  code: number;
  words: string;
}

/** What a server has been handed, and how it will answer. */
interface State {
  handed: Handed[];
  /** The next mails are refused so. */
  next: Refusal[];
  weather: { isDown: boolean; greetingMs: number };
}

export async function startMailServer(wanted: MailServerOptions = {}) {
  const state: State = { handed: [], next: [], weather: { isDown: false, greetingMs: 0 } };
  const server = new SMTPServer(serverOptions(wanted, state));
  const sockets = new Set<Socket>();
  // A client that goes away in the middle is what some tests are about.
  server.on('error', () => {});
  server.server.on('connection', (socket: Socket) => {
    if (state.weather.isDown) socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    ...state,
    port: (server.server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const refuse = ({ code, words }: Refusal) => Object.assign(new Error(words), { responseCode: code });

function serverOptions(wanted: MailServerOptions, { handed, next, weather }: State): SMTPServerOptions {
  const { account, hasTls = true, isSecure = false, refusals = {} } = wanted;
  return {
    secure: isSecure,
    logger: false,
    disabledCommands: [...(hasTls ? [] : ['STARTTLS']), ...(account ? [] : ['AUTH'])],
    authOptional: !account,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onConnect(_session, done) {
      setTimeout(done, weather.greetingMs).unref();
    },
    onAuth({ username, password }, _session, done) {
      if (username === account?.user && password === account?.password) return done(null, { user: username });
      // As servers do that repeat what they were told.
      const told = `${password} ${Buffer.from(`\0${username}\0${password}`).toString('base64')}`;
      return done(refuse({ code: 535, words: `Invalid login ${told}` }));
    },
    onRcptTo({ address }, _session, done) {
      const refusal = refusals[address];
      done(refusal && refuse(refusal));
    },
    onData(stream, { envelope, secure, user }, done) {
      void text(stream).then(raw => {
        const refusal = next.shift();
        if (refusal) return done(refuse(refusal));
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        const to = envelope.rcptTo.map(({ address }) => address);
        handed.push({ ...readMail(raw), from, to, isSecure: secure, user: (user as string | undefined) ?? null });
        return done();
      });
    },
  };
}
