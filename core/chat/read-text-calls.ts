import { parseJson } from '../base/parse-json.ts';
import type { ReplyCall } from './chat-reply.ts';
import { findObjectEnd } from './find-object-end.ts';
import type { JsonObject } from './json-value.ts';
import { isJsonObject, toObject, toText } from './json-value.ts';
import { removeThoughts } from './thoughts.ts';

// Finds tool calls that a model wrote as text, because the server has no parser for the format of the model. Only calls of offered
// tools at the end of the text count, so that a text about tool calls stays a text.

/** Tool that the request offers; `parameters` is a JSON schema. */
export type OfferedTool = { readonly name: string; readonly parameters: unknown };

/** Calls found in a text. */
export type TextCalls = {
  readonly calls: readonly ReplyCall[];
  /** Text before the first call. */
  readonly text: string;
  /** Whether the text ends within a call. */
  readonly isCutOff: boolean;
};

const START_MARK =
  /<tool_call>|<\|tool_call\|>|<\|python_tag\|>|\[TOOL_CALLS\]|<function=[\w.-]+>|<function_call>/;
const START_MARKS = new RegExp(START_MARK, 'g');
/** Number of marks at which calls may start; bounds the time for a text with many marks. */
const MAX_STARTS = 50;
const END_MARK = /^\s*(<\/tool_call>|<\|\/tool_call\|>|<\|eom_id\|>|<\/function_call>)\s*/;

/** Finds the calls at the end of a text. */
export function readTextCalls(rawText: string, tools: readonly OfferedTool[]): TextCalls {
  const text = removeThoughts(rawText).trim();
  const none = { calls: [], text: rawText, isCutOff: false };
  const starts = [...text.matchAll(START_MARKS)].map((mark) => mark.index);
  if (starts.length === 0) {
    const call = readBareCall(text, tools);
    return call === undefined ? none : { calls: [call], text: '', isCutOff: false };
  }
  // Earlier marks may belong to prose about calls.
  for (const start of starts.slice(-MAX_STARTS)) {
    const { calls, rest } = readMarkedCalls(text.slice(start), tools);
    const before = text.slice(0, start).trim();
    if (rest === '') return { calls, text: before, isCutOff: false };
    const isOwnLine = start === 0 || text[start - 1] === '\n';
    if (isUnfinishedCall(rest, isOwnLine)) return { calls: [], text: before, isCutOff: true };
  }
  return none;
}

/** Reads calls from the start of a text until a part is not a call. */
function readMarkedCalls(
  marked: string,
  tools: readonly OfferedTool[],
): { readonly calls: readonly ReplyCall[]; readonly rest: string } {
  const calls: ReplyCall[] = [];
  let rest = marked;
  while (rest !== '') {
    const found = readTaggedCall(rest, tools) ?? readJsonCalls(rest, tools);
    if (found === undefined) break;
    calls.push(...found.calls);
    rest = rest.slice(found.length).trimStart();
  }
  return { calls, rest };
}

type FoundCalls = { readonly calls: readonly ReplyCall[]; readonly length: number };

/** Reads `<function=name>` with `<parameter=key>` tags or with a JSON object. */
function readTaggedCall(text: string, tools: readonly OfferedTool[]): FoundCalls | undefined {
  const match =
    /^(?:<tool_call>\s*)?<function=([\w.-]+)>([\s\S]*?)<\/function>(?:\s*<\/tool_call>)?/.exec(
      text,
    );
  const [whole = '', name = '', body = ''] = match ?? [];
  const tool = tools.find((offered) => offered.name === name);
  if (tool === undefined) return undefined;
  const json = parseJson(body.trim());
  const input = isJsonObject(json) ? json : readParameters(body, tool);
  return { calls: [createCall(name, input)], length: whole.length };
}

function readParameters(body: string, tool: OfferedTool): JsonObject {
  const properties = toObject(toObject(tool.parameters).properties);
  const values = [...body.matchAll(/<parameter=([\w.-]+)>\n?([\s\S]*?)\n?<\/parameter>/g)];
  return Object.fromEntries(
    values.map(([, name = '', value = '']) => {
      const isText = toObject(properties[name]).type === 'string';
      return [name, isText ? value : (parseJson(value) ?? value)];
    }),
  );
}

/** Reads one JSON object, or a list of objects, between the marks of a call. */
function readJsonCalls(text: string, tools: readonly OfferedTool[]): FoundCalls | undefined {
  const opening = START_MARK.exec(text);
  const start = opening?.index === 0 ? opening[0].length : 0;
  const found = readJsonAtStart(text.slice(start));
  if (found === undefined) return undefined;
  const items: readonly unknown[] = Array.isArray(found.value) ? found.value : [found.value];
  const calls = items.map((item) => readNamedCall(item, tools));
  const known = calls.filter((call) => call !== undefined);
  if (known.length === 0 || known.length < calls.length) return undefined;
  const end = start + found.length;
  const endMark = END_MARK.exec(text.slice(end));
  return { calls: known, length: end + (endMark?.[0].length ?? 0) };
}

function readJsonAtStart(
  text: string,
): { readonly value: unknown; readonly length: number } | undefined {
  const start = text.search(/\S/);
  if (text[start] === '[') {
    const end = text.lastIndexOf(']') + 1;
    const value = parseJson(text.slice(start, end));
    return value === undefined ? undefined : { value, length: end };
  }
  const end = text[start] === '{' ? findObjectEnd(text, start) : undefined;
  return end === undefined ? undefined : { value: parseJson(text.slice(start, end)), length: end };
}

/** Reads a text that consists of nothing but one call as JSON, possibly in a code block. */
function readBareCall(text: string, tools: readonly OfferedTool[]): ReplyCall | undefined {
  const fenced = /^```(?:json|tool_call|tool_code)?\s*\n([\s\S]*?)\n?```$/.exec(text)?.[1];
  return readNamedCall(parseJson((fenced ?? text).trim()), tools);
}

/** Reads an object with a name and arguments; undefined unless the object names an offered tool. */
function readNamedCall(value: unknown, tools: readonly OfferedTool[]): ReplyCall | undefined {
  const call = toObject(toObject(value).function ?? value);
  const name = toText(call.name);
  if (!tools.some((tool) => tool.name === name)) return undefined;
  const input = call.arguments ?? call.parameters ?? call.input;
  const object = typeof input === 'string' ? parseJson(input) : input;
  return isJsonObject(object) ? createCall(name, object) : undefined;
}

function createCall(name: string, input: JsonObject): ReplyCall {
  return { id: '', name, arguments: JSON.stringify(input) };
}

/**
 * Returns whether a text that begins with the mark of a call ends before the call does. Prose around the mark shows that the text is
 * about the mark.
 *
 * @param isOwnLine whether the mark begins a line
 */
function isUnfinishedCall(text: string, isOwnLine: boolean): boolean {
  const opening = START_MARK.exec(text);
  if (opening?.index !== 0 || /<\/(tool_call|function|function_call)>/.test(text)) return false;
  const content = text.slice(opening[0].length).trimStart();
  return content === '' ? isOwnLine : /^([{[]|<function=|<parameter=)/.test(content);
}
