import { z } from 'zod';

// Which requests of an agent go to the model, and in what form.

export type ModelCall = {
  readonly method: 'GET' | 'POST';
  /** Below the endpoint's base address, with a leading slash. */
  readonly path: string;
  /** '' for GET. */
  readonly body: string;
  /** Spends tokens. */
  readonly metered: boolean;
  /** The messages API wants its own header for the key. */
  readonly messagesApi: boolean;
};
export type RejectedCall = { readonly status: number; readonly problem: string };

type CallRule = {
  readonly method: ModelCall['method'];
  readonly metered: boolean;
  readonly messagesApi?: boolean;
};
const CALL_RULES: Record<string, CallRule> = {
  '/models': { method: 'GET', metered: false },
  '/chat/completions': { method: 'POST', metered: true },
  '/responses': { method: 'POST', metered: true },
  '/messages': { method: 'POST', metered: true, messagesApi: true },
  '/messages/count_tokens': { method: 'POST', metered: false, messagesApi: true },
};

const bodySchema = z.looseObject({
  stream: z.boolean().nullish(),
  stream_options: z.record(z.string(), z.unknown()).nullish(),
});

/** With the model forced, and usage asked for where it comes only on demand. */
export function prepareModelCall(
  method: string,
  url: string,
  body: string,
  model: string,
): ModelCall | RejectedCall {
  const path = url.split('?')[0]?.replace(/^\/v1(?=\/)/, '') ?? '';
  const rule = CALL_RULES[path];
  if (!rule) return { status: 404, problem: `there is no ${path} here` };
  if (method !== rule.method) return { status: 405, problem: `${path} takes ${rule.method}` };
  const call = {
    path,
    method: rule.method,
    metered: rule.metered,
    messagesApi: rule.messagesApi ?? false,
  };
  if (rule.method === 'GET') return { ...call, body: '' };
  const parsed = bodySchema.safeParse(parseJson(body));
  if (!parsed.success)
    return { status: 400, problem: 'the body is not the JSON that was expected' };
  const sent = { ...parsed.data, model };
  if (path === '/chat/completions' && sent.stream) {
    sent.stream_options = { ...sent.stream_options, include_usage: true };
  }
  return { ...call, body: JSON.stringify(sent) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
