// Shapes in which endpoints are reported to answer a request for chat/completions. Each shape is written by hand after a public report.

/** Expected verdict on a reply. */
export type ExpectedVerdict =
  | {
      readonly kind: 'complete';
      readonly text?: string;
      /** Names and arguments of the calls, in order. */
      readonly calls?: readonly (readonly [string, unknown])[];
      readonly isTruncated?: boolean;
    }
  | { readonly kind: 'incomplete' | 'empty' | 'refused' | 'unknown' }
  | { readonly kind: 'failed'; readonly problem: string };

/** Reply of an endpoint, with the expected verdict. */
export type CorpusReply = {
  /** Server or gateway that is reported to send the shape. */
  readonly source: string;
  /** Special feature of the reply. */
  readonly title: string;
  readonly contentType: string;
  readonly body: string;
  readonly expected: ExpectedVerdict;
};

const ID = { id: 'chatcmpl-1', created: 1, model: 'm' };

/** Creates an event of a stream with one choice. */
export function createChunk(
  delta: unknown,
  finish: string | null = null,
  more: Readonly<Record<string, unknown>> = {},
): unknown {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { ...ID, object: 'chat.completion.chunk', choices, ...more };
}

/** Creates a whole completion with one choice. */
export function createWhole(
  message: unknown,
  finish: string | null = 'stop',
  more: Readonly<Record<string, unknown>> = {},
): unknown {
  const choices = [{ index: 0, message, finish_reason: finish }];
  return { ...ID, object: 'chat.completion', choices, ...more };
}

/** Creates a reply that consists of server-sent events and the end mark. */
export function createEvents(
  source: string,
  title: string,
  chunks: readonly unknown[],
  expected: ExpectedVerdict,
): CorpusReply {
  const events = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'];
  const body = events.map((data) => `data: ${data}\n\n`).join('');
  return { source, title, contentType: 'text/event-stream', body, expected };
}

/** Creates a reply that consists of one JSON document. */
export function createDocument(
  source: string,
  title: string,
  document: unknown,
  expected: ExpectedVerdict,
): CorpusReply {
  const body = JSON.stringify(document);
  return { source, title, contentType: 'application/json', body, expected };
}

/** Creates a reply with exactly this body. */
export function createRaw(
  source: string,
  title: string,
  body: string,
  expected: ExpectedVerdict,
  contentType = 'text/event-stream',
): CorpusReply {
  return { source, title, contentType, body, expected };
}

/** Creates the piece of a tool call. */
export function createCallPiece(
  position: { readonly index?: unknown; readonly id?: unknown },
  name: unknown,
  input: unknown,
): unknown {
  return { tool_calls: [{ ...position, type: 'function', function: { name, arguments: input } }] };
}

export const WRITE_A = { path: 'a.txt', content: 'one' };
export const WRITE_B = { path: 'b.txt', content: 'two' };
export const CALLED_A = { kind: 'complete', calls: [['write_file', WRITE_A]] } as const;
export const CALLED_A_AND_B = {
  kind: 'complete',
  calls: [
    ['write_file', WRITE_A],
    ['write_file', WRITE_B],
  ],
} as const;
export const SAID_HELLO = { kind: 'complete', text: 'Hello world' } as const;
