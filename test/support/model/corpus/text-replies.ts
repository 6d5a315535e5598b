import type { CorpusReply } from './corpus-reply.ts';
import {
  createChunk,
  createDocument,
  createEvents,
  createRaw,
  createWhole,
  SAID_HELLO,
} from './corpus-reply.ts';

const HELLO = [createChunk({ content: 'Hello ' }), createChunk({ content: 'world' })];
const END = createChunk({}, 'stop');

function eventsOf(chunks: readonly unknown[], lineEnd = '\n'): string {
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}${lineEnd}${lineEnd}`).join('');
}

/** Texts in a stream. */
export const STREAMED_TEXTS: readonly CorpusReply[] = [
  createEvents('OpenAI', 'a text in pieces', [...HELLO, END], SAID_HELLO),
  createEvents(
    'Azure',
    'a first event without choices and a last event with usage only',
    [
      { id: '', object: '', model: '', choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
      ...HELLO,
      END,
      {
        object: 'chat.completion.chunk',
        choices: [],
        usage: { prompt_tokens: 5, completion_tokens: 2 },
      },
    ],
    SAID_HELLO,
  ),
  createRaw(
    'OpenRouter',
    'comments between the events',
    `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${eventsOf([...HELLO, END])}data: [DONE]\n\n`,
    SAID_HELLO,
  ),
  createRaw(
    'a proxy',
    'carriage returns as line ends',
    eventsOf([...HELLO, END], '\r'),
    SAID_HELLO,
  ),
  createRaw(
    'a proxy',
    'CRLF as line ends and a byte order mark',
    `\ufeff${eventsOf([...HELLO, END], '\r\n')}`,
    SAID_HELLO,
  ),
  createRaw(
    'a proxy',
    'events without an empty line between',
    [...HELLO, END].map((chunk) => `data:${JSON.stringify(chunk)}\n`).join(''),
    SAID_HELLO,
  ),
  createRaw(
    'a proxy',
    'data over several lines',
    [...HELLO, END]
      .map(
        (chunk) =>
          `${JSON.stringify(chunk, null, 1)
            .split('\n')
            .map((line) => `data: ${line}`)
            .join('\n')}\n\n`,
      )
      .join(''),
    SAID_HELLO,
  ),
  createRaw(
    'DeepSeek',
    'keep-alive comments and empty data',
    `: keep-alive\n\ndata:\n\n${eventsOf([...HELLO, END])}`,
    SAID_HELLO,
  ),
  createRaw(
    'Ollama',
    'native lines of JSON',
    `${[
      { message: { role: 'assistant', content: 'Hello ' }, done: false },
      { message: { role: 'assistant', content: 'world' }, done: false },
      {
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: 'stop',
        prompt_eval_count: 5,
        eval_count: 2,
      },
    ]
      .map((line) => JSON.stringify(line))
      .join('\n')}\n`,
    SAID_HELLO,
    'application/x-ndjson',
  ),
  createRaw(
    'Gemini',
    'a list of events',
    JSON.stringify([...HELLO, END]),
    SAID_HELLO,
    'application/json',
  ),
  createRaw(
    'a proxy',
    'one JSON document although a stream was requested',
    JSON.stringify(createWhole({ role: 'assistant', content: 'Hello world' }), null, 2),
    SAID_HELLO,
  ),
  createEvents(
    'Foundry Local',
    'the same piece as delta and as message, and other numbers of choices',
    [
      { choices: [{ index: 7, delta: { content: 'Hello ' }, message: { content: 'Hello ' } }] },
      { choices: [{ index: 8, delta: { content: 'world' }, message: { content: 'world' } }] },
      {
        choices: [
          { index: 9, delta: { content: '' }, message: { content: '' }, finish_reason: 'stop' },
        ],
      },
    ],
    SAID_HELLO,
  ),
  createEvents(
    'one-api',
    'the whole message after the pieces',
    [...HELLO, createWhole({ role: 'assistant', content: 'Hello world' })],
    SAID_HELLO,
  ),
  createEvents(
    'Mistral',
    'content as a list with reasoning in a list',
    [
      createChunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Okay' }] }] }),
      createChunk(
        {
          content: [
            { type: 'text', text: 'Hello world' },
            { type: 'reference', reference_ids: [1] },
          ],
        },
        'stop',
      ),
    ],
    SAID_HELLO,
  ),
  createEvents(
    'Bedrock gateway',
    'the finish reason end_turn',
    [...HELLO, createChunk({}, 'end_turn')],
    SAID_HELLO,
  ),
  createEvents('Gemini', 'the finish reason STOP', [...HELLO, createChunk({}, 'STOP')], SAID_HELLO),
  createEvents(
    'SGLang',
    'an unknown finish reason',
    [...HELLO, createChunk({}, 'matched_stop_7')],
    SAID_HELLO,
  ),
  createEvents(
    'LiteLLM',
    'an empty finish reason before the last event',
    [createChunk({ content: 'Hello world' }, ''), END],
    SAID_HELLO,
  ),
  createEvents('llama.cpp', 'the end mark without a finish reason', HELLO, SAID_HELLO),
  createEvents(
    'an error after the end',
    'a complete answer before an error',
    [...HELLO, END, { error: { message: 'usage failed' } }],
    SAID_HELLO,
  ),
  createEvents(
    'vLLM',
    'reasoning in the field reasoning',
    [createChunk({ reasoning: 'Hm.' }), ...HELLO, END],
    SAID_HELLO,
  ),
  createEvents(
    'OpenRouter',
    'reasoning twice, as text and as details',
    [
      createChunk({
        reasoning: 'Hm.',
        reasoning_details: [{ type: 'reasoning.text', text: 'Hm.' }],
      }),
      ...HELLO,
      END,
    ],
    SAID_HELLO,
  ),
  createEvents(
    'Mistral',
    'the finish reason model_length',
    [...HELLO, createChunk({}, 'model_length')],
    {
      ...SAID_HELLO,
      isTruncated: true,
    },
  ),
  createEvents(
    'Gemini',
    'the finish reason MAX_TOKENS',
    [...HELLO, createChunk({}, 'MAX_TOKENS')],
    {
      ...SAID_HELLO,
      isTruncated: true,
    },
  ),
];

/** Texts in a whole body. */
export const WHOLE_TEXTS: readonly CorpusReply[] = [
  createDocument('OpenAI', 'a text', createWhole({ content: 'Hello world' }), SAID_HELLO),
  createDocument(
    'LiteLLM',
    'no finish reason',
    createWhole({ content: 'Hello world' }, null),
    SAID_HELLO,
  ),
  createDocument(
    'a gateway',
    'an object of choices',
    { choices: { 0: { message: { content: 'Hello world' }, finish_reason: 'stop' } } },
    SAID_HELLO,
  ),
  createDocument(
    'Mistral',
    'content as parts',
    createWhole({
      content: [
        { type: 'text', text: 'Hello ' },
        { type: 'text', text: 'world' },
      ],
    }),
    SAID_HELLO,
  ),
  createDocument(
    'a gateway',
    'content that the gateway has parsed',
    createWhole({ content: { complexity: 'simple' } }),
    {
      kind: 'complete',
      text: '{"complexity":"simple"}',
    },
  ),
  createDocument(
    'a legacy endpoint',
    'a text completion',
    { object: 'text_completion', choices: [{ text: 'Hello world', finish_reason: 'stop' }] },
    SAID_HELLO,
  ),
  createDocument(
    'vLLM',
    'error null beside an answer',
    createWhole({ content: 'Hello world' }, 'stop', { error: null }),
    SAID_HELLO,
  ),
];
