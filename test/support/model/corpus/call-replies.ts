import type { CorpusReply } from './corpus-reply.ts';
import {
  CALLED_A,
  CALLED_A_AND_B,
  createCallPiece,
  createChunk,
  createDocument,
  createEvents,
  createRaw,
  createWhole,
  WRITE_A,
  WRITE_B,
} from './corpus-reply.ts';

const A = JSON.stringify(WRITE_A);
const B = JSON.stringify(WRITE_B);
const END = createChunk({}, 'tool_calls');

function chunksOf(...pieces: readonly unknown[]): unknown[] {
  return [...pieces.map((piece) => createChunk(piece)), END];
}

function callOf(id: unknown, input: unknown, name: unknown = 'write_file'): unknown {
  return { id, type: 'function', function: { name, arguments: input } };
}

/** Tool calls in a stream. */
export const STREAMED_CALLS: readonly CorpusReply[] = [
  createEvents(
    'OpenAI',
    'a call in pieces with empty pieces around',
    chunksOf(
      { role: 'assistant', content: null },
      createCallPiece({ index: 0, id: 'c1' }, 'write_file', ''),
      { tool_calls: [{ index: 0, function: { arguments: A.slice(0, 9) } }] },
      { tool_calls: [{ index: 0, function: { arguments: A.slice(9) } }] },
      {},
    ),
    CALLED_A,
  ),
  createEvents(
    'Gemini',
    'parallel calls with ids that all have the index 0',
    chunksOf(
      createCallPiece({ index: 0, id: 'c1' }, 'write_file', A),
      createCallPiece({ index: 0, id: 'c2' }, 'write_file', B),
    ),
    CALLED_A_AND_B,
  ),
  createEvents(
    'Gemini',
    'a second call without id and name at the index of the first',
    chunksOf(
      createCallPiece({ index: 0, id: 'c1' }, 'write_file', ''),
      { tool_calls: [{ index: 0, function: { name: '', arguments: A } }] },
      { tool_calls: [{ index: 0, function: { name: '', arguments: B } }] },
    ),
    CALLED_A_AND_B,
  ),
  createEvents(
    'Gemini',
    'calls with the finish reason stop',
    [
      createChunk(createCallPiece({ index: 0, id: 'c1' }, 'write_file', A)),
      createChunk({}, 'stop'),
    ],
    CALLED_A,
  ),
  createEvents(
    'Gemini',
    'calls with empty ids and the index 0',
    chunksOf(
      createCallPiece({ index: 0, id: '' }, 'write_file', A),
      createCallPiece({ index: 0, id: '' }, 'write_file', B),
    ),
    CALLED_A_AND_B,
  ),
  createEvents(
    'llama.cpp',
    'arguments as an object',
    chunksOf(createCallPiece({ index: 0, id: 'c1' }, 'write_file', WRITE_A)),
    CALLED_A,
  ),
  createEvents(
    'Ollama behind LiteLLM',
    'parallel calls with objects, the index 0 and the finish reason stop',
    [
      createChunk(createCallPiece({ index: 0, id: 'x1' }, 'write_file', WRITE_A)),
      createChunk(createCallPiece({ index: 0, id: 'x2' }, 'write_file', WRITE_B)),
      createChunk({}, 'stop'),
    ],
    CALLED_A_AND_B,
  ),
  createEvents(
    'LiteLLM with Bedrock',
    'numbers that start at 1, because the text before counts',
    chunksOf(
      { content: 'I write.' },
      createCallPiece({ index: 1, id: 'tooluse_1' }, 'write_file', ''),
      { tool_calls: [{ index: 1, function: { arguments: A } }] },
    ),
    { ...CALLED_A, text: 'I write.' },
  ),
  createEvents(
    'Bedrock gateway',
    'empty arguments as an object before the pieces of the arguments',
    chunksOf(
      createCallPiece({ index: 0, id: 't1' }, 'write_file', '{}'),
      { tool_calls: [{ index: 0, function: { arguments: A.slice(0, 4) } }] },
      { tool_calls: [{ index: 0, function: { arguments: A.slice(4) } }] },
    ),
    CALLED_A,
  ),
  createEvents(
    'Bedrock gateway',
    'the finish reason tool_use and no numbers',
    [
      createChunk(createCallPiece({ id: 't1' }, 'write_file', '')),
      createChunk({ tool_calls: [{ function: { arguments: A } }] }),
      createChunk(createCallPiece({ id: 't2' }, 'write_file', '')),
      createChunk({ tool_calls: [{ function: { arguments: B } }] }),
      createChunk({}, 'tool_use'),
    ],
    CALLED_A_AND_B,
  ),
  createEvents(
    'Qwen',
    'id and name repeated in every piece',
    chunksOf(
      createCallPiece({ index: 0, id: 'c1' }, 'write_file', A.slice(0, 7)),
      createCallPiece({ index: 0, id: 'c1' }, 'write_file', A.slice(7)),
    ),
    CALLED_A,
  ),
  createEvents(
    'Poolside',
    'an id that changes within the call',
    chunksOf(
      createCallPiece({ index: 0, id: 'c1' }, 'write_file', ''),
      { tool_calls: [{ index: 0, id: 'other', function: { arguments: A.slice(0, 7) } }] },
      { tool_calls: [{ index: 0, id: 'other', function: { arguments: A.slice(7) } }] },
    ),
    CALLED_A,
  ),
  createEvents(
    'LiteLLM',
    'empty ids and types in the later pieces',
    chunksOf(createCallPiece({ index: 0, id: 'c1' }, 'write_file', ''), {
      tool_calls: [{ index: 0, id: '', type: '', function: { name: null, arguments: A } }],
    }),
    CALLED_A,
  ),
  createEvents(
    'vLLM',
    'pieces of two calls in alternation',
    chunksOf(
      createCallPiece({ index: 0, id: 'c1' }, 'write_file', A.slice(0, 7)),
      createCallPiece({ index: 1, id: 'c2' }, 'write_file', B.slice(0, 7)),
      { tool_calls: [{ index: 0, function: { arguments: A.slice(7) } }] },
      { tool_calls: [{ index: 1, function: { arguments: B.slice(7) } }] },
    ),
    CALLED_A_AND_B,
  ),
  createEvents(
    'vLLM',
    'a later number before an earlier number',
    chunksOf(
      createCallPiece({ index: 1, id: 'c1' }, 'write_file', A),
      createCallPiece({ index: 0, id: 'c2' }, 'write_file', B),
    ),
    CALLED_A_AND_B,
  ),
  createEvents(
    'Mistral',
    'the number as text and both calls in one event',
    [
      createChunk(
        {
          tool_calls: [
            { index: '0', ...Object(callOf('a1b2c3d4e', A)) },
            { index: '1', ...Object(callOf('f5g6h7i8j', B)) },
          ],
        },
        'tool_calls',
      ),
    ],
    CALLED_A_AND_B,
  ),
  createEvents(
    'Kimi',
    'the same id for every call',
    chunksOf(
      createCallPiece({ index: 0, id: 'functions.write_file:0' }, 'write_file', A),
      createCallPiece({ index: 1, id: 'functions.write_file:0' }, 'write_file', B),
    ),
    CALLED_A_AND_B,
  ),
  createEvents(
    'SGLang',
    'accumulated arguments in every piece',
    chunksOf(
      createCallPiece({ index: 0, id: 'c1' }, 'write_file', A.slice(0, 5)),
      { tool_calls: [{ index: 0, function: { arguments: A.slice(0, 12) } }] },
      { tool_calls: [{ index: 0, function: { arguments: A } }] },
    ),
    CALLED_A,
  ),
  createEvents(
    'DeepSeek',
    'a name in two pieces',
    chunksOf(
      createCallPiece({ index: 0, id: 'c1' }, 'write', ''),
      createCallPiece({ index: 0 }, '_file', ''),
      { tool_calls: [{ index: 0, function: { arguments: A } }] },
    ),
    CALLED_A,
  ),
  createEvents(
    'one-api',
    'the whole call after its pieces',
    [
      createChunk(createCallPiece({ index: 0, id: 'c1' }, 'write_file', A)),
      createWhole(
        { role: 'assistant', content: null, tool_calls: [callOf('c1', A)] },
        'tool_calls',
      ),
    ],
    CALLED_A,
  ),
  createEvents(
    'Azure',
    'legacy function_call in pieces',
    [
      createChunk({ function_call: { name: 'write_file', arguments: '' } }),
      createChunk({ function_call: { arguments: A } }),
      createChunk({}, 'function_call'),
    ],
    CALLED_A,
  ),
  createRaw(
    'vLLM',
    'a connection that ends after complete arguments',
    `data: ${JSON.stringify(createChunk(createCallPiece({ index: 0, id: 'c1' }, 'write_file', A)))}\n\n`,
    CALLED_A,
  ),
  createRaw(
    'vLLM',
    'a connection that ends within the arguments',
    `data: ${JSON.stringify(createChunk(createCallPiece({ index: 0, id: 'c1' }, 'write_file', A.slice(0, 9))))}\n\n`,
    { kind: 'incomplete' },
  ),
  createEvents(
    'Ollama',
    'the end mark without a finish reason',
    [createChunk(createCallPiece({ index: 0, id: 'c1' }, 'write_file', A))],
    CALLED_A,
  ),
  createEvents(
    'OpenAI',
    'no content, an empty list of calls and the finish reason tool_calls',
    [createChunk({ role: 'assistant', content: null, tool_calls: [] }), END],
    { kind: 'empty' },
  ),
];

/** Tool calls in a whole body. */
export const WHOLE_CALLS: readonly CorpusReply[] = [
  createDocument(
    'Gemini',
    'two calls without ids',
    createWhole({ tool_calls: [callOf('', A), callOf('', B)] }, 'tool_calls'),
    CALLED_A_AND_B,
  ),
  createDocument(
    'Kimi',
    'two calls with the same id',
    createWhole({ tool_calls: [callOf('x', A), callOf('x', B)] }, 'tool_calls'),
    CALLED_A_AND_B,
  ),
  createDocument(
    'llama.cpp',
    'arguments as an object and ids as numbers',
    createWhole({ content: '', tool_calls: [callOf(7, WRITE_A)] }, 'tool_calls'),
    CALLED_A,
  ),
  createDocument(
    'LiteLLM',
    'arguments that are encoded twice',
    createWhole({ tool_calls: [callOf('c', JSON.stringify(A))] }, 'tool_calls'),
    CALLED_A,
  ),
  createDocument(
    'vLLM',
    'the finish reason stop in spite of calls',
    createWhole({ content: null, tool_calls: [callOf('c', A)] }, 'stop'),
    CALLED_A,
  ),
  createDocument(
    'Azure',
    'legacy function_call',
    createWhole(
      { content: null, function_call: { name: 'write_file', arguments: A } },
      'function_call',
    ),
    CALLED_A,
  ),
  createDocument(
    'Anthropic behind a gateway',
    'calls as blocks among the texts',
    createWhole(
      {
        content: [
          { type: 'text', text: 'I write.' },
          { type: 'tool_use', id: 't1', name: 'write_file', input: WRITE_A },
        ],
      },
      'tool_use',
    ),
    { ...CALLED_A, text: 'I write.' },
  ),
  createDocument(
    'PHP gateway',
    'empty arguments as a list',
    createWhole({ tool_calls: [callOf('c', [], 'list_files')] }, 'tool_calls'),
    { kind: 'complete', calls: [['list_files', {}]] },
  ),
  createDocument(
    'LiteLLM',
    'arguments null and "null"',
    createWhole({
      tool_calls: [callOf('c', null, 'list_files'), callOf('d', 'null', 'list_files')],
    }),
    {
      kind: 'complete',
      calls: [
        ['list_files', {}],
        ['list_files', {}],
      ],
    },
  ),
  createDocument(
    'Ollama',
    'a native answer without choices',
    {
      model: 'm',
      message: {
        role: 'assistant',
        content: '',
        tool_calls: [{ function: { name: 'write_file', arguments: WRITE_A } }],
      },
      done: true,
      done_reason: 'stop',
    },
    CALLED_A,
  ),
];
