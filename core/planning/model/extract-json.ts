import { describeError } from '../../base/describe-error.ts';
import { parseJson } from '../../base/parse-json.ts';

// Finds the JSON object in a model's answer, which may also contain reasoning, prose or code fences, or end too early.

/** The JSON object, or the reason for its absence; `isCutOff` is true if the answer ends within an object. */
export type ExtractedJson =
  | { readonly ok: true; readonly value: Record<string, unknown> }
  | { readonly ok: false; readonly reason: string; readonly isCutOff: boolean };

const MAX_CHARS = 400_000;
/** Number of opening braces that are tried as the start of an object; bounds the time for an answer with many braces. */
const MAX_OBJECT_STARTS = 25;

/** Returns the last object with the property `key`, even if another object wraps it as its only property. */
export function extractJson(text: string, key: string): ExtractedJson {
  const answer = removeThoughts(text).slice(0, MAX_CHARS);
  const whole = unwrapObject(parseJson(answer), key);
  if (whole !== undefined) return { ok: true, value: whole };

  const { objects, isCutOff, fault } = scanObjects(answer);
  const match = objects
    .map((value) => unwrapObject(value, key))
    .findLast((value) => value !== undefined);
  if (match !== undefined) return { ok: true, value: match };
  return { ok: false, isCutOff, reason: explainFailure(objects.length, isCutOff, fault, key) };
}

/** Removes the reasoning that some models write before their answer. */
export function removeThoughts(text: string): string {
  const plain = text.replace(/<think(ing)?>[\s\S]*?<\/think(ing)?>/gi, '');
  const end = /<\/think(ing)?>/i.exec(plain);
  return end === null ? plain : plain.slice(end.index + end[0].length);
}

function explainFailure(objects: number, isCutOff: boolean, fault: string, key: string): string {
  if (isCutOff) return 'the JSON is incomplete: the answer was cut off';
  if (fault !== '') return `the JSON is not valid: ${fault}`;
  if (objects > 0) return `the JSON object has no "${key}"`;
  return 'the answer contains no JSON object';
}

/** `fault`: the parser's message about the first invalid object; empty if there is none. */
type ScanResult = {
  readonly objects: readonly unknown[];
  readonly isCutOff: boolean;
  readonly fault: string;
};

/** Finds every object at the top level of the text, in order. */
function scanObjects(text: string): ScanResult {
  const scanned = { objects: [] as unknown[], isCutOff: false, fault: '' };
  let start = text.indexOf('{');
  for (let starts = 0; start >= 0 && starts < MAX_OBJECT_STARTS; starts += 1) {
    const end = findObjectEnd(text, start);
    // Braces also occur in prose; only a brace before a quoted name can open an object.
    const looksLikeObject = /^\{\s*"/.test(text.slice(start, start + 200));
    const value = end === undefined ? undefined : parseJson(text.slice(start, end));
    if (value !== undefined) scanned.objects.push(value);
    else if (looksLikeObject && end === undefined) scanned.isCutOff = true;
    else if (looksLikeObject) scanned.fault ||= findJsonFault(text.slice(start, end));
    start = text.indexOf('{', value === undefined || end === undefined ? start + 1 : end);
  }
  return scanned;
}

/** Returns the index after the brace that closes the object at `start`; ignores braces in strings. */
function findObjectEnd(text: string, start: number): number | undefined {
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

function findJsonFault(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return describeError(error).slice(0, 200);
  }
}

function unwrapObject(value: unknown, key: string): Record<string, unknown> | undefined {
  if (!isObject(value)) return undefined;
  if (Object.hasOwn(value, key)) return value;
  const values = Object.values(value);
  const wrapped = values.length === 1 ? values[0] : undefined;
  return isObject(wrapped) && Object.hasOwn(wrapped, key) ? wrapped : undefined;
}

/** Tells whether a value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
