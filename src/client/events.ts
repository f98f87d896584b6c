/** Server-sent events out of text: https://html.spec.whatwg.org/multipage/server-sent-events.html */

/** An event as it arrived; without data where only the place has moved. */
export interface ServerEvent {
  event: string;
  data: string | null;
  id: string | null;
}

/** Out of pieces that are cut anywhere. What is cut off at the end is no event. */
export async function* eventsIn(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<ServerEvent> {
  let rest: string[] = [];
  let held = '';
  for await (const given of pieces) {
    const piece = held + given;
    // The end of an event may be cut in two. Only what is new is looked through, however long an event is.
    held = piece.endsWith('\n') && !piece.endsWith('\n\n') ? '\n' : '';
    const blocks = piece.slice(0, piece.length - held.length).split('\n\n');
    const last = blocks.pop()!;
    for (const block of blocks) {
      const event = eventOf(rest.join('') + block);
      rest = [];
      if (event !== null) yield event;
    }
    if (last !== '') rest.push(last);
  }
}

function eventOf(block: string): ServerEvent | null {
  const lines = block.split('\n');
  const field = (name: string) =>
    lines.filter(line => line.startsWith(`${name}:`)).map(line => line.slice(name.length + 1).replace(/^ /, ''));
  const [data, id = null] = [field('data'), field('id').at(-1)];
  if (data.length === 0 && id === null) return null;
  return { event: field('event').at(-1) ?? 'message', data: data.length === 0 ? null : data.join('\n'), id };
}
