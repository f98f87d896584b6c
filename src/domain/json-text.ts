/** JSON before it is parsed: how deep it goes, because whoever walks the value later walks it by calling himself. */

/** Where the string ends that begins at `start`: the place of its closing quotation mark, or the end of the text. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - escapes - 1] === '\\') escapes += 1;
    // Of two backslashes the first escapes the second.
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

const [quote, openBrace, closeBrace, openBracket, closeBracket] = [0x22, 0x7b, 0x7d, 0x5b, 0x5d];

/** Whether arrays and objects lie in one another more than `deepest` times. Leaves to the parser what is no JSON. */
export function isDeeperThan(deepest: number, text: string): boolean {
  let depth = 0;
  // By codes: every delivery is walked, and a character taken out of the text is a text of its own.
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    else if (code === openBrace || code === openBracket) {
      depth += 1;
      if (depth > deepest) return true;
    } else if (code === closeBrace || code === closeBracket) depth -= 1;
  }
  return false;
}
