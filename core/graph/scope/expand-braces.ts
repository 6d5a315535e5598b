/** `{a,b}` written out, nested ones too; `{1..9}` becomes `*`. Undefined when there are more than `limit`. */
export function expandBraces(text: string, limit: number): string[] | undefined {
  const out: string[] = [];
  return expandInto('', text, limit, out) ? out : undefined;
}

/** `head` is done with. */
function expandInto(head: string, rest: string, limit: number, out: string[]): boolean {
  const open = rest.indexOf('{');
  const close = open < 0 ? -1 : findClosingBrace(rest, open);
  if (close < 0) {
    out.push(head + rest);
    return out.length <= limit;
  }
  const before = head + rest.slice(0, open);
  const after = rest.slice(close + 1);
  const body = rest.slice(open + 1, close);
  const options = splitOptions(body);
  if (options.length > 1) {
    return options.every((option) => expandInto(before, option + after, limit, out));
  }
  const isRange = /^-?\w+\.\.-?\w+$/.test(body);
  return expandInto(before + (isRange ? '*' : `{${body}}`), after, limit, out);
}

function findClosingBrace(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

function splitOptions(body: string): string[] {
  const options = [''];
  let depth = 0;
  for (const character of body) {
    if (character === '{') depth++;
    if (character === '}') depth--;
    if (character === ',' && depth === 0) options.push('');
    else options[options.length - 1] += character;
  }
  return options;
}
