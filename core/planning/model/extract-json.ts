import { describeError } from '../../base/describe-error.ts';
import { parseJson } from '../../base/parse-json.ts';
import { findClosingBrace } from '../../chat/find-object-end.ts';
import { isJsonObject } from '../../chat/json-value.ts';
import { splitThoughts } from '../../chat/thoughts.ts';

// Finds the JSON object in a model's answer, which may also contain reasoning, prose or code fences, or end too early.

/** JSON objects that may be the answer, or the reason for their absence; `isCutOff` is true if the answer ends within an object. */
export type ExtractedJson =
  | {
      readonly ok: true;
      /** At least one object. Objects of the answer stand before objects of the reasoning, later objects before earlier ones. */
      readonly candidates: readonly Record<string, unknown>[];
      readonly isCutOff: boolean;
    }
  | { readonly ok: false; readonly reason: string; readonly isCutOff: boolean };

const MAX_CHARS = 400_000;
/** Number of opening braces that are tried as the start of an object; bounds the time for an answer with many braces. */
const MAX_OBJECT_STARTS = 25;

/** Returns the objects with the property `key`, even if another object wraps such an object as its only property. */
export function extractJson(text: string, key: string): ExtractedJson {
  const answer = text.slice(0, MAX_CHARS);
  const whole = unwrapObject(parseJson(answer), key);
  if (whole !== undefined) return { ok: true, candidates: [whole], isCutOff: false };

  const sections = splitThoughts(answer);
  const scanned = scanSections(sections.filter(({ isThought }) => !isThought));
  const thoughts = scanSections(sections.filter(({ isThought }) => isThought));
  const candidates = [...scanned.objects.toReversed(), ...thoughts.objects.toReversed()]
    .map((value) => unwrapObject(value, key))
    .filter((value) => value !== undefined);
  const { isCutOff } = scanned;
  if (candidates.length > 0) return { ok: true, candidates, isCutOff };
  return { ok: false, isCutOff, reason: explainFailure(scanned, key) };
}

function explainFailure({ objects, isCutOff, fault }: ScanResult, key: string): string {
  if (isCutOff) return 'the JSON is incomplete: the answer was cut off';
  if (fault !== '') return `the JSON is not valid: ${fault}`;
  if (objects.length > 0) return `the JSON object has no "${key}"`;
  return 'the answer contains no JSON object';
}

/** `fault`: the parser's message about the first invalid object; empty if there is none. */
type ScanResult = {
  readonly objects: readonly unknown[];
  readonly isCutOff: boolean;
  readonly fault: string;
};

function scanSections(sections: readonly { readonly text: string }[]): ScanResult {
  const results = sections.map(({ text }) => scanObjects(text));
  return {
    objects: results.flatMap(({ objects }) => objects),
    isCutOff: results.some(({ isCutOff }) => isCutOff),
    fault: results.find(({ fault }) => fault !== '')?.fault ?? '',
  };
}

/** Finds every object at the top level of the text, in order. */
function scanObjects(text: string): ScanResult {
  const scanned = { objects: [] as unknown[], isCutOff: false, fault: '' };
  let start = text.indexOf('{');
  for (let starts = 0; start >= 0 && starts < MAX_OBJECT_STARTS; starts += 1) {
    const end = findClosingBrace(text, start);
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

function findJsonFault(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return describeError(error).slice(0, 200);
  }
}

function unwrapObject(value: unknown, key: string): Record<string, unknown> | undefined {
  if (!isJsonObject(value)) return undefined;
  if (Object.hasOwn(value, key)) return value;
  const values = Object.values(value);
  const wrapped = values.length === 1 ? values[0] : undefined;
  return isJsonObject(wrapped) && Object.hasOwn(wrapped, key) ? wrapped : undefined;
}
