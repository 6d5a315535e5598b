// A model was asked for one JSON object. It may come after thoughts, between words, in a code fence, or not whole.

export type ExtractedJson =
  | { readonly ok: true; readonly value: Record<string, unknown> }
  | { readonly ok: false; readonly reason: string; readonly cutOff: boolean };

const MAX_CHARS = 400_000;
/** Bounds the work on an answer that is nothing but brackets. */
const MAX_STARTS = 25;

/** The last object in `text` that has `key`, also when it is the only thing inside of another object. */
export function extractJson(text: string, key: string): ExtractedJson {
  const answer = removeThoughts(text).slice(0, MAX_CHARS);
  const whole = unwrapObject(parseJson(answer), key);
  if (whole !== undefined) return { ok: true, value: whole };

  const { objects, cutOff, fault } = scanObjects(answer);
  const found = objects
    .map((value) => unwrapObject(value, key))
    .findLast((value) => value !== undefined);
  if (found !== undefined) return { ok: true, value: found };
  return { ok: false, cutOff, reason: explainFailure(objects.length, cutOff, fault, key) };
}

/** Without the reasoning that some models put in front of their answer. */
export function removeThoughts(text: string): string {
  const plain = text.replace(/<think(ing)?>[\s\S]*?<\/think(ing)?>/gi, '');
  const end = /<\/think(ing)?>/i.exec(plain);
  return end === null ? plain : plain.slice(end.index + end[0].length);
}

function explainFailure(objects: number, cutOff: boolean, fault: string, key: string): string {
  if (cutOff) return 'the JSON ends in the middle: the answer was cut off';
  if (fault !== '') return `the JSON is not valid: ${fault}`;
  if (objects > 0) return `the JSON object has no "${key}"`;
  return 'there is no JSON object in it';
}

type ScanResult = { readonly objects: unknown[]; cutOff: boolean; fault: string };

/** Every object that starts at the top level of the text, in order. */
function scanObjects(text: string): ScanResult {
  const scanned: ScanResult = { objects: [], cutOff: false, fault: '' };
  let at = text.indexOf('{');
  for (let starts = 0; at >= 0 && starts < MAX_STARTS; starts += 1) {
    const end = findObjectEnd(text, at);
    // Braces also occur in prose; only what goes on like an object counts as one.
    const isMeant = /^\{\s*"/.test(text.slice(at, at + 200));
    const value = end === undefined ? undefined : parseJson(text.slice(at, end));
    if (value !== undefined) scanned.objects.push(value);
    else if (isMeant && end === undefined) scanned.cutOff = true;
    else if (isMeant) scanned.fault ||= findJsonFault(text.slice(at, end));
    at = text.indexOf('{', value === undefined || end === undefined ? at + 1 : end);
  }
  return scanned;
}

/** Behind the brace that closes the one at `start`; braces in strings do not count. */
function findObjectEnd(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function findJsonFault(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 200) : 'it cannot be parsed';
  }
}

function unwrapObject(value: unknown, key: string): Record<string, unknown> | undefined {
  if (!isObject(value)) return undefined;
  if (Object.hasOwn(value, key)) return value;
  const inner = Object.values(value);
  const only = inner.length === 1 ? inner[0] : undefined;
  return isObject(only) && Object.hasOwn(only, key) ? only : undefined;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
