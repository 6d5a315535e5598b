/** Expands `{a,b}`, including nested braces, and replaces `{1..9}` by `*`. Returns undefined for more than `limit` results. */
export function expandBraces(text: string, limit: number): string[] | undefined {
  const results: string[] = [];
  return expandInto('', text, limit, results) ? results : undefined;
}

/** Appends every expansion of `remaining`, with the prefix `expanded`, to `results`; returns false above the limit. */
function expandInto(
  expanded: string,
  remaining: string,
  limit: number,
  results: string[],
): boolean {
  const openIndex = remaining.indexOf('{');
  const closeIndex = openIndex < 0 ? -1 : findClosingBrace(remaining, openIndex);
  if (closeIndex < 0) {
    results.push(expanded + remaining);
    return results.length <= limit;
  }
  const before = expanded + remaining.slice(0, openIndex);
  const after = remaining.slice(closeIndex + 1);
  const body = remaining.slice(openIndex + 1, closeIndex);
  const options = splitOptions(body);
  if (options.length > 1) {
    return options.every((option) => expandInto(before, option + after, limit, results));
  }
  const isRange = /^-?\w+\.\.-?\w+$/.test(body);
  return expandInto(before + (isRange ? '*' : `{${body}}`), after, limit, results);
}

function findClosingBrace(text: string, openIndex: number): number {
  let depth = 0;
  for (let index = openIndex; index < text.length; index++) {
    if (text[index] === '{') depth++;
    if (text[index] === '}' && --depth === 0) return index;
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
