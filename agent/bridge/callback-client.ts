import type { z } from 'zod';
import {
  acceptedSchema as accepted,
  type acceptedSchema,
  assignmentSchema,
  checkpointRequestSchema,
  credentialsSchema,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  questionRequestSchema,
  resultRequestSchema,
  transcriptRequestSchema,
} from '../../core/contract/attempt.ts';
import { AttemptEnded, abortReason } from './attempt-end.ts';

// The bridge's side of the attempt callbacks: bearer, retries, answers parsed, and the answers that end the attempt.

type Accepted = z.infer<typeof acceptedSchema>;
type Answer = { status: number; body: unknown };

export type CallbackClient = ReturnType<typeof createCallbackClient>;

export type CallbackOptions = {
  apiUrl: string;
  attemptId: string;
  token: string;
  /** Ends every wait and retry. */
  signal: AbortSignal;
  /** Called before the error is thrown, whoever made the call. */
  onEnded: (ended: AttemptEnded) => void;
  /** For one request, milliseconds. */
  timeoutMs?: number;
};

/** Every call is repeated with growing pauses while the API is unreachable, answers 5xx or 429, until `signal` aborts. */
export function createCallbackClient(options: CallbackOptions) {
  const call = <T>(name: string, answer: z.ZodType<T>, body?: unknown, once = false): Promise<T> =>
    callUntilAnswered(options, name, answer, body, once);
  return {
    start: (bridge: string) => call('start', assignmentSchema, { bridge }),
    credentials: () => call('credentials', credentialsSchema),
    /** Not repeated: the heart beats again soon enough. */
    heartbeat: (body: z.input<typeof heartbeatRequestSchema>) =>
      call('heartbeat', heartbeatResponseSchema, heartbeatRequestSchema.parse(body), true),
    transcript: (body: z.input<typeof transcriptRequestSchema>): Promise<Accepted> =>
      call('transcript', accepted, transcriptRequestSchema.parse(body)),
    checkpoint: (body: z.input<typeof checkpointRequestSchema>): Promise<Accepted> =>
      call('checkpoint', accepted, checkpointRequestSchema.parse(body)),
    question: (body: z.input<typeof questionRequestSchema>): Promise<Accepted> =>
      call('question', accepted, questionRequestSchema.parse(body)),
    result: (body: z.input<typeof resultRequestSchema>): Promise<Accepted> =>
      call('result', accepted, resultRequestSchema.parse(body)),
  };
}

/** Where a callback goes; the same paths as the contract's route table, which is too heavy to load at start. */
export function callbackPath(attemptId: string, name: string): string {
  return `/v1/attempts/${encodeURIComponent(attemptId)}/${name}`;
}

export type Reading = 'answer' | 'superseded' | 'refused' | 'again' | 'wrong';

export function readStatus(status: number): Reading {
  if (status >= 200 && status < 300) return 'answer';
  if (status === 409 || status === 410) return 'superseded';
  if (status === 401 || status === 403) return 'refused';
  if (status === 408 || status === 429 || status >= 500) return 'again';
  return 'wrong';
}

/** Milliseconds before try `n` (from 1): doubled each time, at most 10 s, spread so that many bridges do not come at once. */
export function backoffMs(n: number, random: number): number {
  return Math.round(Math.min(10_000, 200 * 2 ** (n - 1)) * (0.5 + random / 2));
}

async function callUntilAnswered<T>(
  options: CallbackOptions,
  name: string,
  schema: z.ZodType<T>,
  body: unknown,
  once: boolean,
): Promise<T> {
  for (let n = 1; ; n += 1) {
    const answer = await post(options, name, body).catch((error: unknown) => {
      if (options.signal.aborted) throw abortReason(options.signal);
      if (once) throw error;
      return undefined;
    });
    const reading = answer === undefined ? 'again' : readStatus(answer.status);
    if (answer !== undefined && reading === 'answer') return schema.parse(answer.body);
    if (reading === 'superseded' || reading === 'refused') throw ended(options, name, reading);
    if (reading === 'wrong' || once) {
      throw new Error(`${name} was answered ${answer?.status}: ${describe(answer?.body)}`);
    }
    await pause(backoffMs(n, Math.random()), options.signal);
  }
}

function ended(options: CallbackOptions, name: string, reason: 'superseded' | 'refused') {
  const error = new AttemptEnded(reason, `${name}: the attempt has ended`);
  options.onEnded(error);
  return error;
}

async function post(options: CallbackOptions, name: string, body: unknown): Promise<Answer> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 15_000);
  const response = await fetch(options.apiUrl + callbackPath(options.attemptId, name), {
    method: 'POST',
    headers: { authorization: `Bearer ${options.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body ?? {}),
    redirect: 'error',
    signal: AbortSignal.any([options.signal, timeout]),
  });
  const text = await response.text();
  return { status: response.status, body: parseJson(text) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 500);
  }
}

function describe(body: unknown): string {
  return (typeof body === 'string' ? body : (JSON.stringify(body) ?? '')).slice(0, 500);
}

/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(abortReason(signal));
    const onAbort = () => {
      clearTimeout(timer);
      reject(abortReason(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
