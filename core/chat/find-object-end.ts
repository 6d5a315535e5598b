import { parseJson } from '../base/parse-json.ts';

/** Returns the index after the JSON object that starts at `start`; undefined if the text there is not a complete JSON object. */
export function findObjectEnd(text: string, start: number): number | undefined {
  // Braces also occur in prose; only a brace before a quoted name can open an object with content.
  if (!/^\{\s*["}]/.test(text.slice(start, start + 200))) return undefined;
  const end = findClosingBrace(text, start);
  return end !== undefined && parseJson(text.slice(start, end)) !== undefined ? end : undefined;
}

/** Returns the index after the brace that closes the object at `start`; ignores braces in strings. */
export function findClosingBrace(text: string, start: number): number | undefined {
  let depth = 0;
  let isInString = false;
  for (let index = start; index < text.length; index += 1) {
    const char = text[index];
    if (isInString) {
      if (char === '\\') index += 1;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return undefined;
}
