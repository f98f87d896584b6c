/** JSON before it is parsed: how deep it goes, because whoever walks the value later walks it by calling himself. */

/** Where the string ends that begins at `start`: the place of its closing quotation mark, or the end of the text. */
export function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index;
  }
  return text.length;
}

/** Whether arrays and objects lie in one another more than `deepest` times. Leaves to the parser what is no JSON. */
export function isDeeperThan(deepest: number, text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const mark = text[index]!;
    if (mark === '"') index = endOfString(text, index);
    else if (mark === '{' || mark === '[') {
      depth += 1;
      if (depth > deepest) return true;
    } else if (mark === '}' || mark === ']') depth -= 1;
  }
  return false;
}
