/** Markers: HTML comments by which we find again what we have written, whatever else happened to it. */

/** The body with its marker at the end, unless it holds it already. */
export const withMarker = (body: string, marker: string): string =>
  body.includes(marker) ? body : `${body.trimEnd()}\n\n${marker}`;

/** Whether two bodies are the same to a reader: forges change line ends and trim. */
export const sameText = (one: string, other: string): boolean => plain(one) === plain(other);

const plain = (text: string) => text.replaceAll('\r\n', '\n').trim();
