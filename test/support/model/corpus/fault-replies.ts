import type { CorpusReply } from './corpus-reply.ts';
import {
  createChunk,
  createDocument,
  createEvents,
  createRaw,
  createWhole,
} from './corpus-reply.ts';

const EMPTY = { kind: 'empty' } as const;
const INCOMPLETE = { kind: 'incomplete' } as const;
const REFUSED = { kind: 'refused' } as const;
const PARTIAL = createChunk({ content: 'Hello ' });

function failsAs(problem: string): CorpusReply['expected'] {
  return { kind: 'failed', problem };
}

/** Replies without an answer. */
export const EMPTY_REPLIES: readonly CorpusReply[] = [
  createDocument(
    'OpenRouter',
    'choices null',
    { object: 'chat.completion', choices: null, usage: { prompt_tokens: 5, completion_tokens: 0 } },
    INCOMPLETE,
  ),
  createDocument(
    'LiteLLM',
    'no choices',
    { object: 'chat.completion', choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 } },
    INCOMPLETE,
  ),
  createDocument('Gemini', 'an empty candidate', createWhole({ role: 'assistant' }), EMPTY),
  createDocument(
    'Gemini',
    'content null without calls',
    createWhole({ role: 'assistant', content: null, tool_calls: null }),
    EMPTY,
  ),
  createDocument('LM Studio', 'an empty text', createWhole({ content: '' }), EMPTY),
  createDocument(
    'vLLM',
    'an answer in the reasoning only',
    createWhole({ content: null, reasoning_content: 'Hello' }),
    EMPTY,
  ),
  createDocument(
    'DeepSeek',
    'reasoning in the text only',
    createWhole({ content: '<think>Hello</think>' }),
    EMPTY,
  ),
  createDocument(
    'OpenAI',
    'the output limit before the first word',
    createWhole({ content: '' }, 'length'),
    EMPTY,
  ),
  createDocument(
    'OpenAI',
    'a refusal',
    createWhole({ content: null, refusal: 'I cannot help.' }),
    REFUSED,
  ),
  createDocument(
    'Azure',
    'a content filter',
    createWhole({ content: 'Hel' }, 'content_filter'),
    REFUSED,
  ),
  createDocument(
    'Gemini',
    'the finish reason SAFETY',
    createWhole({ content: null }, 'SAFETY'),
    REFUSED,
  ),
  createDocument(
    'Gemini',
    'a malformed call',
    createWhole({ content: null }, 'MALFORMED_FUNCTION_CALL'),
    INCOMPLETE,
  ),
  createEvents(
    'Ollama',
    'a model that was only loaded',
    [{ message: { role: 'assistant', content: '' }, done: true, done_reason: 'load' }],
    INCOMPLETE,
  ),
  createEvents(
    'Gemini',
    'the finish reason OTHER after a part of the text',
    [PARTIAL, createChunk({}, 'OTHER')],
    INCOMPLETE,
  ),
  createEvents(
    'Cohere',
    'the finish reason ERROR_LIMIT after a part of the text',
    [PARTIAL, createChunk({}, 'ERROR_LIMIT')],
    INCOMPLETE,
  ),
  createEvents(
    'GLM',
    'the finish reason network_error',
    [PARTIAL, createChunk({}, 'network_error')],
    INCOMPLETE,
  ),
  createEvents(
    'DeepSeek',
    'the finish reason insufficient_system_resource',
    [PARTIAL, createChunk({}, 'insufficient_system_resource')],
    INCOMPLETE,
  ),
  createRaw(
    'any',
    'a stream that breaks off within the text',
    `data: ${JSON.stringify(PARTIAL)}\n\n`,
    INCOMPLETE,
  ),
  createRaw(
    'any',
    'a stream that breaks off within an event',
    `data: ${JSON.stringify(PARTIAL)}\n\ndata: {"choices":[{"del`,
    INCOMPLETE,
  ),
  createRaw(
    'any',
    'a body that breaks off',
    '{"object":"chat.completion","choices":[{"message":{"content":"Hel',
    { kind: 'unknown' },
    'application/json',
  ),
  createRaw('any', 'an empty stream', 'data: [DONE]\n\n', EMPTY),
  createRaw('any', 'an empty body', '', { kind: 'unknown' }),
  createRaw(
    'any',
    'a web page',
    '<!doctype html><html><body>Sign in</body></html>',
    { kind: 'unknown' },
    'text/html',
  ),
  createDocument('any', 'JSON of another API', { hello: 'world' }, { kind: 'unknown' }),
];

/** Errors in responses with status 200. */
export const FAULTS: readonly CorpusReply[] = [
  createDocument(
    'OpenRouter',
    'an error with a numeric code',
    { error: { code: 502, message: 'Provider returned error' } },
    failsAs('busy'),
  ),
  createDocument('OpenRouter', 'an error as text', { error: 'overloaded' }, failsAs('busy')),
  createDocument(
    'OpenRouter',
    'an error in the choice',
    {
      choices: [
        {
          error: { code: 503, message: 'no instances' },
          message: { content: '' },
          finish_reason: 'error',
        },
      ],
    },
    failsAs('busy'),
  ),
  createEvents(
    'OpenRouter',
    'an error in the middle of a stream',
    [
      PARTIAL,
      {
        ...Object(createChunk({ content: '' }, 'error')),
        error: { code: 502, message: 'Provider disconnected' },
      },
    ],
    failsAs('busy'),
  ),
  createEvents(
    'OpenRouter',
    'an error in an event without choices',
    [
      {
        object: 'chat.completion.chunk',
        choices: [],
        error: { code: 429, message: 'limit reached' },
      },
    ],
    failsAs('rate_limit'),
  ),
  createRaw(
    'llama.cpp',
    'an error in a field of its own',
    'error: {"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}\n\ndata: [DONE]\n\n',
    failsAs('request'),
  ),
  createRaw(
    'Anthropic behind a gateway',
    'an error event',
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    failsAs('busy'),
  ),
  createRaw(
    'a proxy',
    'an error event with a text',
    'event: error\ndata: upstream connect error\n\n',
    failsAs('busy'),
  ),
  createRaw(
    'LiteLLM',
    'a line of JSON between the events',
    `data: ${JSON.stringify(PARTIAL)}\n\n{"error":{"message":"Timeout","type":"timeout","code":"408"}}\n`,
    failsAs('busy'),
  ),
  createRaw(
    'Ollama',
    'an error in the last line',
    '{"message":{"content":"Hel"},"done":false}\n{"error":"model runner has unexpectedly stopped"}\n',
    failsAs('busy'),
    'application/x-ndjson',
  ),
  createRaw(
    'Gemini',
    'a list with an error',
    '[{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED"}}]',
    failsAs('rate_limit'),
    'application/json',
  ),
  createDocument(
    'LiteLLM',
    'an error inside an error as JSON text',
    {
      error: {
        message: 'BedrockException - {"message": "slow down", "code": "ThrottlingException"}',
        code: null,
      },
    },
    failsAs('rate_limit'),
  ),
  createDocument(
    'vLLM',
    'an error object without the property error',
    { object: 'error', message: 'Internal', type: 'InternalServerError', code: 500 },
    failsAs('busy'),
  ),
  createDocument(
    'Bedrock',
    'a message only',
    { message: 'Too many requests, please wait' },
    failsAs('busy'),
  ),
  createDocument('FastAPI', 'a detail only', { detail: 'Service Unavailable' }, failsAs('busy')),
  createDocument(
    'Cloudflare',
    'a list of errors',
    { success: false, errors: [{ code: 7502, message: 'capacity exceeded' }] },
    failsAs('busy'),
  ),
  createDocument(
    'MiniMax',
    'a status in base_resp',
    { choices: null, base_resp: { status_code: 1002, status_msg: 'rate limit' } },
    failsAs('busy'),
  ),
  createDocument(
    'OpenAI',
    'a used-up quota',
    {
      error: {
        message: 'You exceeded your quota',
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      },
    },
    failsAs('quota'),
  ),
  createDocument(
    'OpenRouter',
    'missing credit',
    { error: { code: 402, message: 'Insufficient credits' } },
    failsAs('payment'),
  ),
  createDocument(
    'OpenRouter',
    'a moderation',
    { error: { code: 403, message: 'flagged', metadata: { reasons: ['billing'] } } },
    failsAs('request'),
  ),
  createDocument(
    'Azure',
    'a content policy',
    { error: { code: 'content_filter', message: 'policy', status: 400 } },
    failsAs('request'),
  ),
  createDocument(
    'a gateway',
    'a refused key',
    { error: { code: 'invalid_api_key', message: 'Incorrect API key' } },
    failsAs('key'),
  ),
  createDocument('a gateway', 'an error number', { error: 503 }, failsAs('busy')),
];
