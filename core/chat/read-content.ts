import type { JsonObject } from './json-value.ts';
import { isJsonObject, toText } from './json-value.ts';

/** Content of a message, separated by kind; `calls` holds tool calls that stand among the texts. */
export type MessageContent = {
  readonly text: string;
  readonly thoughts: string;
  readonly refusal: string;
  readonly calls: readonly JsonObject[];
};

const MAX_DEPTH = 4;

/** Reads content of any shape: a text, an object, or a list of texts and objects. */
export function readContent(content: unknown, depth = 0): MessageContent {
  const empty = { text: '', thoughts: '', refusal: '', calls: [] };
  if (depth > MAX_DEPTH) return empty;
  if (Array.isArray(content)) {
    const parts = content.map((part) => readContent(part, depth + 1));
    return {
      text: parts.map(({ text }) => text).join(''),
      thoughts: parts.map(({ thoughts }) => thoughts).join(''),
      refusal: parts.map(({ refusal }) => refusal).join(''),
      calls: parts.flatMap(({ calls }) => calls),
    };
  }
  if (!isJsonObject(content)) return { ...empty, text: toText(content) };
  return { ...empty, ...readContentObject(content, depth) };
}

function readContentObject(part: JsonObject, depth: number): Partial<MessageContent> {
  const type = toText(part.type);
  if (type === 'tool_use' || type === 'tool_call' || type === 'function_call')
    return { calls: [part] };
  if (type === 'refusal') return { refusal: toText(part.refusal) };
  if (/thinking|reasoning/.test(type)) {
    const inner = part.thinking ?? part.reasoning ?? part.text ?? part.summary ?? part.content;
    return { thoughts: readContent(inner, depth + 1).text };
  }
  const inner = part.text ?? part.parts ?? part.content;
  if (inner !== undefined) return readContent(inner, depth + 1);
  // Some endpoints parse the JSON that the model wrote. Typed parts without a text, such as references, have no content.
  return type === '' && Object.keys(part).length > 0 ? { text: JSON.stringify(part) } : {};
}
