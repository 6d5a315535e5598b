import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { ErrorKind } from '../core/base/app-error.ts';
import { AppError, isAppError } from '../core/base/app-error.ts';
import type { ErrorBody } from '../core/contract/error.ts';
import type { QueueMessage } from '../core/contract/queue.ts';
import { queueMessageSchema } from '../core/contract/queue.ts';
import type { Log } from '../core/port/runtime.ts';
import { createChildLog } from './log.ts';

// What an error means outside, once: to an HTTP caller and to the queue.

/**
 * `retry`: the message comes back, and after too many times goes to the dead letters, which is an alarm.
 * `ack`: it is done with; a message is only a hint, and what the state owes is found again by time.
 */
type QueuePolicy = 'ack' | 'retry';
type ErrorRule = { readonly status: number; readonly queue: QueuePolicy };

const ERROR_RULES = {
  invalid: { status: 400, queue: 'ack' },
  auth: { status: 401, queue: 'retry' },
  notFound: { status: 404, queue: 'ack' },
  conflict: { status: 409, queue: 'ack' },
  limited: { status: 429, queue: 'retry' },
  paused: { status: 503, queue: 'retry' },
  refused: { status: 422, queue: 'ack' },
  transient: { status: 503, queue: 'retry' },
  bug: { status: 500, queue: 'retry' },
} as const satisfies Record<ErrorKind, ErrorRule>;

/**
 * Of kind `auth`, but of our own credential for an outside system: who called is signed in and may do this, and would be
 * told to sign in again.
 */
const UPSTREAM_AUTH_STATUS = 422;
const CALLER_AUTH_CODES: ReadonlySet<string> = new Set(['unauthorized', 'forbidden']);

/** Codes that HTTP has a number of its own for. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  forbidden: 403,
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_content_type: 415,
  idempotency_key_reused: 422,
};

const RETRY_AFTER_SECONDS = 5;

export type HttpError = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
};

/** `now` in epoch milliseconds, for Retry-After. Of a bug the caller learns the request id and nothing else. */
export function toHttpError(error: unknown, requestId: string, now: number): HttpError {
  const known = isAppError(error) && error.kind !== 'bug' ? error : createInternalError();
  const status = STATUS_BY_CODE[known.code] ?? getStatus(known);
  const { code, message } = known;
  const details = Object.keys(known.details).length === 0 ? {} : { details: known.details };
  const body = { error: { code, message, ...details, requestId } };
  return { status, headers: createErrorHeaders(known, status, now), body };
}

function getStatus({ kind, code }: AppError): number {
  if (kind === 'auth' && !CALLER_AUTH_CODES.has(code)) return UPSTREAM_AUTH_STATUS;
  return ERROR_RULES[kind].status;
}

function createErrorHeaders(error: AppError, status: number, now: number): Record<string, string> {
  const { until, allow } = error.details;
  if (status === 401) return { 'www-authenticate': 'Bearer realm="smol-gang"' };
  if (status === 405 && typeof allow === 'string') return { allow };
  if (status !== 429 && status !== 503) return {};
  const seconds = until === undefined ? RETRY_AFTER_SECONDS : Math.ceil((until - now) / 1_000);
  return { 'retry-after': String(Math.max(1, seconds)) };
}

function createInternalError(): AppError {
  const message = 'something went wrong on our side; the request id helps to find it';
  return new AppError('bug', 'internal', message);
}

/** Handles every record by itself and lists those that are to come back. */
export async function runBatch(
  event: SQSEvent,
  handle: (message: QueueMessage, log: Log) => Promise<void>,
  log: Log,
): Promise<SQSBatchResponse> {
  const retried = await Promise.all(
    event.Records.map((record) => runRecord(record, handle, createRecordLog(log, record))),
  );
  const batchItemFailures = event.Records.filter((_, index) => retried[index]).map(
    ({ messageId }) => ({ itemIdentifier: messageId }),
  );
  return { batchItemFailures };
}

/** Whether the message is to come back. */
async function runRecord(
  record: SQSRecord,
  handle: (message: QueueMessage, log: Log) => Promise<void>,
  log: Log,
): Promise<boolean> {
  const message = parseMessage(record.body);
  if (!message.success) {
    log.error('message is not valid', { outcome: 'dropped', error: message.error });
    return false;
  }
  try {
    await handle(message.data, log);
    return false;
  } catch (error) {
    const kind = isAppError(error) ? error.kind : 'bug';
    const retry = ERROR_RULES[kind].queue === 'retry';
    const outcome = retry ? 'retrying' : 'dropped';
    const fields = { type: message.data.type, outcome, error };
    if (kind === 'bug') log.error('message failed', fields);
    else log.warn('message failed', fields);
    return retry;
  }
}

function parseMessage(body: string) {
  try {
    return queueMessageSchema.safeParse(JSON.parse(body));
  } catch (error) {
    return { success: false as const, error };
  }
}

function createRecordLog(log: Log, record: SQSRecord): Log {
  return createChildLog(log, {
    requestId: record.messageId,
    receives: Number(record.attributes.ApproximateReceiveCount),
  });
}
