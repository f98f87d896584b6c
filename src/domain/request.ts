/** Words of requests that whoever asks and whoever answers have in common. */

/** What whoever wants every answer as its operation describes it accepts: no document of a media type of its own. */
export const envelopeType = 'application/vnd.signalbox+json';

/** The header by which the same order is carried out once. */
export const keyHeader = 'idempotency-key';

/**
 * A value as one segment of a path. `.` and `..` mean a place in it, however they are written (RFC 3986, 5.2.4), so a mark
 * that no name has goes before them; the other side takes it away.
 */
export const segment = (value: string): string =>
  `${/^[.]{1,2}$/.test(value) ? dotMark : ''}${encodeURIComponent(value)}`;

const dotMark = '%00';
