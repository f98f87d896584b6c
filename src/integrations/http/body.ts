/** The body of an answer, read no further than a bound. */

/** All bytes of the body; calls `tooLong`, which throws, as soon as there are more than `maxBytes`. */
export async function bytesOf(response: Response, maxBytes: number, tooLong: () => never): Promise<Buffer> {
  if (!response.body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop by an error cancels the stream, and with it the connection.
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    length += chunk.byteLength;
    if (length > maxBytes) tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
