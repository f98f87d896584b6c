/** What it means that a mail was not taken. */
import type { NodemailerError } from 'nodemailer';
import { messageOf } from '../../../domain/errors.ts';
import type { ChatOptions } from '../../chat.ts';
import { OutsideError, type OutsideFailure } from '../../outside.ts';
import { oneLine, within } from '../text.ts';

const longestWords = 200;

export interface Failures {
  /** Throws what an error of the server, or of the way to it, means. */
  throwFor(error: unknown): never;
  /** The same for those receivers whom the server has refused, where it has taken the mail for others. */
  throwForSome(errors: readonly NodemailerError[]): void;
}

export function createFailures({ name, user, token }: ChatOptions, server: string): Failures {
  const secrets = secretsOf(user, token);
  const wordsOf = (error: unknown) => {
    const words = oneLine((error as NodemailerError).response ?? messageOf(error));
    return within(
      longestWords,
      secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), words),
    );
  };
  return {
    throwFor(error) {
      const words = isWithoutTls(error as NodemailerError)
        ? 'it offers no STARTTLS, and a password goes over nothing else.'
        : wordsOf(error);
      const failure = failureOf(error as NodemailerError);
      const what = failure === 'unreachable' ? 'cannot hand its mail to' : 'is refused by';
      throw new OutsideError(failure, `${name} ${what} ${server}: ${words}`);
    },
    throwForSome(errors) {
      if (errors.length === 0) return;
      // Whoever has it already knows a repeat by its id: better one mail too many than one too few.
      const failure = errors.map(failureOf).includes('unreachable') ? 'unreachable' : 'invalid';
      const whom = errors.map(({ recipient }) => recipient).join(', ');
      throw new OutsideError(failure, `${name} is refused by ${server} for ${whom}: ${wordsOf(errors[0])}`);
    },
  };
}

/** STARTTLS was asked for, and refused as a command that is not known. */
const isWithoutTls = ({ code, responseCode = 0 }: NodemailerError) => code === 'ETLS' && responseCode >= 500;

function failureOf({ code, responseCode, rejectedErrors = [] }: NodemailerError): OutsideFailure {
  if (rejectedErrors.length > 1 && rejectedErrors.map(failureOf).includes('unreachable')) return 'unreachable';
  // 503 says that the conversation went wrong, not that the mail is.
  const isPermanent = responseCode !== undefined && responseCode >= 500 && responseCode !== 503;
  if (responseCode !== undefined && !isPermanent) return 'unreachable';
  if (code === 'EAUTH' || code === 'ENOAUTH' || responseCode === 530 || responseCode === 535) return 'unauthorized';
  // Without an answer these are of our making: an address that is none, a mail that is too long for the server.
  return isPermanent || code === 'EENVELOPE' || code === 'EMESSAGE' || code === 'ECONFIG' ? 'invalid' : 'unreachable';
}

/** The password in every form in which it is sent: servers repeat what they were told. */
function secretsOf(user: string | null, token: string | null): string[] {
  if (!token) return [];
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return [base64(`\0${user}\0${token}`), base64(token), token];
}
