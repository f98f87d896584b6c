/** Mail, over a server that takes it for us. */
import { createTransport } from 'nodemailer';
import { isLoopback } from '../../domain/loopback.ts';
import type { Chat, ChatOptions } from '../chat.ts';
import { OutsideError } from '../outside.ts';
import { createFailures } from './email/failure.ts';
import { mailOf } from './email/message.ts';

const defaultTimeoutMs = 30_000;
/** Where mail is handed in, when the address says no other: with TLS from the start, and with STARTTLS. */
const ports: Readonly<Record<string, number>> = { 'smtps:': 465, 'smtp:': 587 };

export function createEmailChat(options: ChatOptions): Chat {
  const { name, to, from, timeoutMs = defaultTimeoutMs } = options;
  if (from === null || to.length === 0) {
    throw new OutsideError('invalid', `${name} has to say from whom its mail is, and to whom.`);
  }
  const server = serverOf(options);
  const failures = createFailures(options, `${server.host}:${server.port}`);
  const transport = createTransport({
    ...server,
    ...signingIn(options, server),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // Nothing in a message is a file or an address to be read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    kind: 'email',
    name,
    async send(notice) {
      const signal = AbortSignal.timeout(timeoutMs);
      const sent = await transport.sendMail({ ...mailOf(notice, { from, to }), signal }).catch(failures.throwFor);
      failures.throwForSome(sent.rejectedErrors ?? []);
    },
    async check() {
      await transport.verify().catch(failures.throwFor);
      return `${from} at ${server.host}`;
    },
  };
}

interface Server {
  host: string;
  port: number;
  /** TLS from the start. */
  secure: boolean;
}

function serverOf({ name, url }: ChatOptions): Server {
  const address = URL.canParse(url) ? new URL(url) : null;
  const port = address && ports[address.protocol];
  if (!address || !port || address.hostname === '') {
    throw new OutsideError('invalid', `The address of ${name} is none of smtp://host:port or smtps://host:port.`);
  }
  const host = address.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return { host, port: Number(address.port) || port, secure: address.protocol === 'smtps:' };
}

/**
 * How it signs in and how far the server is believed. STARTTLS is used where it is offered; a password goes over nothing
 * else, and certificates are checked, unless the server is on this machine.
 */
function signingIn({ user, token }: ChatOptions, { host, secure }: Server) {
  const isHere = isLoopback(host);
  return {
    requireTLS: !secure && user !== null && !isHere,
    tls: { rejectUnauthorized: !isHere },
    ...(user === null ? {} : { auth: { user, pass: token ?? '' } }),
  };
}
