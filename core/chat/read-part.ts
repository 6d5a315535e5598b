import type { CallPart, ReplyPart, ReplyUsage } from './chat-reply.ts';
import { readFinishReason } from './finish-reason.ts';
import type { JsonObject } from './json-value.ts';
import { firstText, isJsonObject, toNumber, toObject, toText } from './json-value.ts';
import { readContent } from './read-content.ts';
import { findFault } from './read-fault.ts';

// Reads one event of a stream, or a whole body, of OpenAI-compatible endpoints and of Ollama.

const EMPTY_PART: ReplyPart = {
  isKnown: false,
  isWhole: false,
  isEnd: false,
  text: '',
  thoughts: '',
  refusal: '',
  calls: [],
  finish: undefined,
  usage: undefined,
  fault: undefined,
};

/** Reads a JSON value from a body. A value of unknown shape becomes a part without content. */
export function readPart(value: unknown): ReplyPart {
  if (!isJsonObject(value)) return EMPTY_PART;
  const choice = findChoice(value.choices);
  const fault =
    findFault(value) ?? (choice === undefined ? undefined : findFault({ error: choice.error }));
  const usage = readUsage(value, choice);
  const part = choice === undefined ? readBareMessage(value) : readChoice(choice);
  const isKnown =
    part.isKnown || fault !== undefined || usage !== undefined || isStreamChunk(value);
  return { ...part, isKnown, fault, usage };
}

/** Finds the first choice. Some endpoints send an object instead of a list. */
function findChoice(choices: unknown): JsonObject | undefined {
  if (Array.isArray(choices)) return choices.find(isJsonObject);
  if (!isJsonObject(choices)) return undefined;
  const isChoice = isJsonObject(choices.delta) || isJsonObject(choices.message);
  return isChoice ? choices : Object.values(choices).find(isJsonObject);
}

/** Returns whether the value is an event without content, such as the first event of a stream with the results of a content filter. */
function isStreamChunk(value: JsonObject): boolean {
  return value.object === 'chat.completion.chunk';
}

function readChoice(choice: JsonObject): ReplyPart {
  const finish = readFinishReason(
    choice.finish_reason ?? choice.finishReason ?? choice.stop_reason,
  );
  const delta = readMessage(toObject(choice.delta));
  // Some endpoints send the same content as delta and as message. A message without a delta is the whole message.
  if (hasContent(delta) || !isJsonObject(choice.message)) {
    const text = firstText(delta.text, toText(choice.text));
    return { ...EMPTY_PART, ...delta, text, finish, isKnown: true };
  }
  const isChunk = choice.delta !== undefined && choice.delta !== null;
  return {
    ...EMPTY_PART,
    ...readMessage(choice.message),
    finish,
    isKnown: true,
    isWhole: true,
    isEnd: !isChunk,
  };
}

/** Reads a message outside of `choices`, as Ollama sends it: each message continues the earlier messages. */
function readBareMessage(value: JsonObject): ReplyPart {
  if (!isJsonObject(value.message)) return EMPTY_PART;
  return {
    ...EMPTY_PART,
    ...readMessage(value.message),
    finish:
      value.done === false ? undefined : readFinishReason(value.done_reason ?? value.finish_reason),
    isKnown: true,
    isEnd: value.done === true,
  };
}

type MessageContent = Pick<ReplyPart, 'text' | 'thoughts' | 'refusal' | 'calls'>;

function hasContent({ text, thoughts, refusal, calls }: MessageContent): boolean {
  return text !== '' || thoughts !== '' || refusal !== '' || calls.length > 0;
}

function readMessage(message: JsonObject): MessageContent {
  const content = readContent(message.content);
  const listed = Array.isArray(message.tool_calls) ? message.tool_calls : [message.tool_calls];
  const calls = listed.filter(isJsonObject).map(readCall);
  const legacyCall = isJsonObject(message.function_call)
    ? [readCall({ index: 0, function: message.function_call })]
    : [];
  return {
    text: content.text,
    thoughts: firstText(
      readThoughts(message.reasoning_content),
      readThoughts(message.reasoning),
      readThoughts(message.thinking),
      readThoughts(message.reasoning_details),
      readThoughts(message.thinking_blocks),
      content.thoughts,
    ),
    refusal: firstText(toText(message.refusal), content.refusal),
    calls: [...(calls.length > 0 ? calls : legacyCall), ...content.calls.map(readCall)],
  };
}

/** Reads reasoning, which is a text, an object or a list of objects. */
function readThoughts(value: unknown): string {
  const content = readContent(value);
  return firstText(content.text, content.thoughts);
}

function readCall(call: JsonObject): CallPart {
  // Endpoints place name and arguments in `function`, directly in the call, or directly in the call as `input`.
  const source = isJsonObject(call.function) ? call.function : call;
  const input = source.arguments ?? source.input ?? source.parameters;
  return {
    index: toNumber(call.index) ?? toNumber(source.index),
    id: toText(call.id),
    name: toText(source.name).trim(),
    arguments: formatArguments(input),
  };
}

function formatArguments(input: unknown): string {
  if (typeof input === 'string') return input;
  if (input === undefined || input === null) return '';
  // PHP writes an empty object as an empty list.
  if (Array.isArray(input) && input.length <= 1) return JSON.stringify(input[0] ?? {});
  return JSON.stringify(input);
}

function readUsage(value: JsonObject, choice: JsonObject | undefined): ReplyUsage | undefined {
  const carriers = [
    value.usage,
    choice?.usage,
    toObject(value.x_groq).usage,
    toObject(value.message).usage,
    value.usageMetadata,
    value,
  ];
  for (const carrier of carriers) {
    const usage = readCounts(toObject(carrier));
    if (usage !== undefined) return usage;
  }
  return undefined;
}

const INPUT_COUNTS = [
  'prompt_tokens',
  'input_tokens',
  'promptTokens',
  'inputTokens',
  'promptTokenCount',
  'prompt_eval_count',
];
const OUTPUT_COUNTS = [
  'completion_tokens',
  'output_tokens',
  'completionTokens',
  'outputTokens',
  'candidatesTokenCount',
  'eval_count',
];

/** Reads token counts; undefined if there are none. Some endpoints that do not count report 0 for both counts. */
function readCounts(carrier: JsonObject): ReplyUsage | undefined {
  const inputTokens = findCount(carrier, INPUT_COUNTS);
  const outputTokens = findCount(carrier, OUTPUT_COUNTS);
  return (inputTokens ?? 0) + (outputTokens ?? 0) === 0 ? undefined : { inputTokens, outputTokens };
}

function findCount(carrier: JsonObject, names: readonly string[]): number | undefined {
  const counts = names.map((name) => toNumber(carrier[name]));
  const count = counts.find((candidate) => candidate !== undefined && candidate >= 0);
  return count === undefined ? undefined : Math.round(count);
}
