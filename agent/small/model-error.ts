import { parseJson } from '../../core/base/parse-json.ts';
import { parseRetryAfterMs } from '../../core/base/retry-after.ts';
import type { ReportedFault } from '../../core/chat/chat-reply.ts';
import type { ProviderProblem } from '../../core/chat/classify-fault.ts';
import { classifyFault } from '../../core/chat/classify-fault.ts';
import { isJsonObject } from '../../core/chat/json-value.ts';
import { findFault } from '../../core/chat/read-fault.ts';
import type { HttpReply } from './post-json.ts';

/** Error of a model endpoint that is unreachable, refuses the request or sends an unusable answer. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly problem: ProviderProblem;
  /** HTTP status, also of an error in the body; undefined for a failed connection or an unusable answer. */
  readonly status: number | undefined;
  /** Wait that the header Retry-After asks for, milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Whether the model answered with nothing. */
  readonly isEmptyAnswer: boolean;

  constructor(
    message: string,
    options: {
      /** Default: `busy`. */
      readonly problem?: ProviderProblem;
      readonly status?: number;
      readonly retryAfterMs?: number;
      readonly isEmptyAnswer?: boolean;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.problem = options.problem ?? 'busy';
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.isEmptyAnswer = options.isEmptyAnswer ?? false;
  }

  /** Whether a retry may succeed. */
  get isTransient(): boolean {
    return this.problem === 'busy' || this.problem === 'rate_limit';
  }

  /** Whether the conversation is too long for the model. Decided by the message, because endpoints have no common error code. */
  get isContextTooLong(): boolean {
    if (this.problem !== 'request') return false;
    if (this.status !== undefined && ![400, 413, 422].includes(this.status)) return false;
    return /context|too long|too large|maximum.{0,40}tokens|prompt is too/i.test(this.message);
  }
}

const MAX_BODY_CHARS = 4_000;

/** Converts a response with an error status into a ModelError. */
export async function readModelError(reply: HttpReply): Promise<ModelError> {
  const body = await readStart(reply.pieces);
  const value = parseJson(body);
  const fault = isJsonObject(value) ? findFault(value) : undefined;
  const { status } = reply;
  const message = fault?.message || body.slice(0, 500) || '(empty body)';
  const retryAfterMs = parseRetryAfterMs(reply.retryAfter, Date.now());
  return new ModelError(`the model endpoint answered ${status}: ${message}`, {
    problem: classifyFault({ status, code: fault?.code ?? '' }),
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Converts an error in the body of a response with a success status into a ModelError. */
export function createReportedError(fault: ReportedFault): ModelError {
  return new ModelError(`the model endpoint reported an error: ${fault.message}`, {
    problem: classifyFault(fault),
    ...(fault.status === undefined ? {} : { status: fault.status }),
  });
}

async function readStart(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    if (text.length >= MAX_BODY_CHARS) break;
  }
  return text.slice(0, MAX_BODY_CHARS);
}
