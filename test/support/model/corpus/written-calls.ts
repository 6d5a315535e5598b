import type { CorpusReply } from './corpus-reply.ts';
import {
  CALLED_A,
  CALLED_A_AND_B,
  createChunk,
  createEvents,
  WRITE_A,
  WRITE_B,
} from './corpus-reply.ts';

const A = JSON.stringify(WRITE_A);
const B = JSON.stringify(WRITE_B);

function createWrittenCall(
  text: string,
  source: string,
  title: string,
  expected: CorpusReply['expected'],
): CorpusReply {
  const chunks = [createChunk({ content: text }), createChunk({}, 'stop')];
  return createEvents(source, title, chunks, expected);
}

/** Tool calls that the server left in the text. */
export const WRITTEN_CALLS: readonly CorpusReply[] = [
  createWrittenCall(
    `I write.\n<tool_call>\n{"name": "write_file", "arguments": ${A}}\n</tool_call>`,
    'Hermes and Qwen',
    'a call between tool_call tags',
    { ...CALLED_A, text: 'I write.' },
  ),
  createWrittenCall(
    `<tool_call>{"name": "write_file", "arguments": ${A}}</tool_call>\n<tool_call>{"name": "write_file", "arguments": ${B}}</tool_call>`,
    'Hermes and Qwen',
    'two calls between tool_call tags',
    CALLED_A_AND_B,
  ),
  createWrittenCall(
    `<think>I need a call.</think><tool_call>{"name": "write_file", "arguments": ${A}}`,
    'Qwen',
    'a complete call without the closing tag, after reasoning',
    CALLED_A,
  ),
  createWrittenCall(
    '<tool_call>{"name": "write_file", "arguments": {"path": "a.tx',
    'oMLX',
    'a call that is cut off',
    { kind: 'incomplete' },
  ),
  createWrittenCall(
    '<tool_call>\n<function=write_file>\n<parameter=path>\na.txt\n</parameter>\n<parameter=content>\none\n</parameter>\n</function>\n</tool_call>',
    'Qwen3-Coder',
    'a call with a tag per parameter',
    CALLED_A,
  ),
  createWrittenCall(
    `<function=write_file>${A}</function>`,
    'Llama 3.1',
    'a call in a function tag',
    CALLED_A,
  ),
  createWrittenCall(
    `<|python_tag|>{"name": "write_file", "parameters": ${A}}`,
    'Llama 3.1',
    'a call after the python tag',
    CALLED_A,
  ),
  createWrittenCall(
    `[TOOL_CALLS][{"name": "write_file", "arguments": ${A}}, {"name": "write_file", "arguments": ${B}}]`,
    'Mistral',
    'a list of calls after TOOL_CALLS',
    CALLED_A_AND_B,
  ),
  createWrittenCall(
    `\`\`\`json\n{"name": "write_file", "arguments": ${A}}\n\`\`\``,
    'Ollama',
    'a call as the only code block',
    CALLED_A,
  ),
  createWrittenCall(
    `{"name": "write_file", "parameters": ${A}}`,
    'llama.cpp',
    'a call as the only JSON object',
    CALLED_A,
  ),
  createWrittenCall(
    `The parser now reads <tool_call>{"name": "write_file", "arguments": ${A}}</tool_call> as a call.`,
    'any',
    'a sentence about a call',
    { kind: 'complete', calls: [] },
  ),
  createWrittenCall(
    'The reader accepts <tool_call> without an end and also [TOOL_CALLS] of Mistral.',
    'any',
    'a sentence about the marks of calls',
    { kind: 'complete', calls: [] },
  ),
  createWrittenCall(
    'The mark is `<function=run>`, or <tool_call>',
    'any',
    'a text that ends with a mark as a word',
    { kind: 'complete', calls: [] },
  ),
  createWrittenCall(
    `I use <tool_call> now.\n<tool_call>{"name": "write_file", "arguments": ${A}}</tool_call>`,
    'Qwen',
    'a call after a sentence about calls',
    { ...CALLED_A, text: 'I use <tool_call> now.' },
  ),
  createWrittenCall('I write.\n<tool_call>\n', 'oMLX', 'a mark without a call', {
    kind: 'incomplete',
  }),
  createWrittenCall(
    '{"name": "acme", "version": "1.0.0"}',
    'any',
    'a JSON object with a name that is not a tool',
    { kind: 'complete', calls: [], text: '{"name": "acme", "version": "1.0.0"}' },
  ),
];
