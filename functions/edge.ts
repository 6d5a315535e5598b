import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { ErrorKind } from '../core/base/app-error.ts';
import { AppError, isAppError } from '../core/base/app-error.ts';
import type { QueueMessage } from '../core/contract/queue-message.ts';
import { queueMessageSchema } from '../core/contract/queue-message.ts';
import type { ErrorBody } from '../core/contract/routes/route.ts';
import type { Log } from '../core/port/runtime.ts';
import { createChildLog } from './log.ts';

// Decides the effect of an error: the response to an HTTP caller, or the retry of a queue message.

/**
 * Treatment of a message whose handler failed.
 * - `retry` the queue delivers the message again; after too many failures the message moves to the dead-letter queue, which raises
 *           an alarm
 * - `ack`   the message is dropped; the item in the table is still due, so the resync enqueues a new message
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
 * Status of an `auth` error that concerns the platform's own credential for an outside system. A 401 would wrongly tell the caller
 * to sign in again.
 */
const UPSTREAM_AUTH_STATUS = 422;
const CALLER_AUTH_CODES: ReadonlySet<string> = new Set(['unauthorized', 'forbidden']);

/** HTTP statuses of error codes that are more specific than the status of their kind. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  forbidden: 403,
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_content_type: 415,
  idempotency_key_reused: 422,
};

/** Value of Retry-After if the end of the pause is unknown. */
const RETRY_AFTER_SECONDS = 5;

/** Response to an HTTP caller. */
export type HttpError = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
};

/**
 * Converts an error into a response. The response to a bug contains only the request id.
 *
 * @param now epoch milliseconds, for Retry-After
 */
export function toHttpError(error: unknown, requestId: string, now: number): HttpError {
  const publicError = isAppError(error) && error.kind !== 'bug' ? error : createInternalError();
  const status = STATUS_BY_CODE[publicError.code] ?? getStatus(publicError);
  const { code, message } = publicError;
  const details =
    Object.keys(publicError.details).length === 0 ? {} : { details: publicError.details };
  const body = { error: { code, message, ...details, requestId } };
  return { status, headers: createErrorHeaders(publicError, status, now), body };
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
  const message =
    'the server failed to handle the request; try again, and report the request id if the error persists';
  return new AppError('bug', 'internal', message);
}

/** Handles each record separately and returns the ids of the messages that the queue must deliver again. */
export async function runBatch(
  event: SQSEvent,
  handle: (message: QueueMessage, log: Log) => Promise<void>,
  log: Log,
): Promise<SQSBatchResponse> {
  const retryFlags = await Promise.all(
    event.Records.map((record) => runRecord(record, handle, createRecordLog(log, record))),
  );
  const batchItemFailures = event.Records.filter((_, index) => retryFlags[index]).map(
    ({ messageId }) => ({ itemIdentifier: messageId }),
  );
  return { batchItemFailures };
}

/** Handles one record; returns true if the queue must deliver the message again. */
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
    const shouldRetry = ERROR_RULES[kind].queue === 'retry';
    const outcome = shouldRetry ? 'retrying' : 'dropped';
    const fields = { type: message.data.type, outcome, error };
    if (kind === 'bug') log.error('message failed', fields);
    else log.warn('message failed', fields);
    return shouldRetry;
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
