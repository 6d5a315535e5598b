import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { AppError } from '../core/base/app-error.ts';

// Invokes handlers like AWS Lambda: event and result are JSON, time and size are limited. Unlike in AWS Lambda, handlers share
// the platform's process and are not frozen between invocations.

/** Limit of AWS Lambda for an event and for a result. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** The exported function `handler` of a handler module. */
export type LambdaHandler = (event: unknown, context: Context) => unknown;

/** A handler with its name and time limit. */
export type LambdaFunction = {
  readonly name: string;
  readonly handler: LambdaHandler;
  readonly timeoutMs: number;
};

/** Loads the export `handler` of a module; `path` is relative to the root of the project, as in core/topology. */
export async function loadHandler(path: string): Promise<LambdaHandler> {
  const module: Record<string, unknown> = await import(new URL(`../${path}`, import.meta.url).href);
  const { handler } = module;
  if (isHandler(handler)) return handler;
  throw new AppError('bug', 'no_handler', `${path} exports no function with the name handler`);
}

function isHandler(value: unknown): value is LambdaHandler {
  return typeof value === 'function';
}

/**
 * Invokes a handler and returns its result after a round trip through JSON. Errors of the handler pass through. Throws
 * AppError `payload_too_large` for the event, `response_too_large` for the result and `function_timeout` after the time limit;
 * the handler then continues, but its result is lost.
 */
export async function invokeLambda(target: LambdaFunction, event: object): Promise<unknown> {
  const payload = JSON.stringify(event);
  if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) {
    throw new AppError(
      'limited',
      'payload_too_large',
      `the event of ${target.name} is larger than ${MAX_PAYLOAD_BYTES} bytes`,
    );
  }
  const result = await runBeforeTimeout(target, async () =>
    target.handler(JSON.parse(payload), createContext(target)),
  );
  if (result === undefined) return null;
  const response = JSON.stringify(result);
  if (Buffer.byteLength(response) > MAX_PAYLOAD_BYTES) {
    throw new AppError(
      'bug',
      'response_too_large',
      `the result of ${target.name} is larger than ${MAX_PAYLOAD_BYTES} bytes`,
    );
  }
  return JSON.parse(response);
}

async function runBeforeTimeout(
  target: LambdaFunction,
  run: () => Promise<unknown>,
): Promise<unknown> {
  const timer = new AbortController();
  const timeout = delay(target.timeoutMs, undefined, { signal: timer.signal }).then(() => {
    const message = `${target.name} timed out after ${target.timeoutMs / 1_000} seconds`;
    throw new AppError('transient', 'function_timeout', message);
  });
  try {
    return await Promise.race([run(), timeout]);
  } finally {
    timer.abort();
    timeout.catch(() => undefined);
  }
}

function createContext(target: LambdaFunction): Context {
  const deadline = Date.now() + target.timeoutMs;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: target.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${target.name}`,
    memoryLimitInMB: '1024',
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${target.name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: rejectCallback,
    fail: rejectCallback,
    succeed: rejectCallback,
  };
}

function rejectCallback(): never {
  throw new AppError(
    'bug',
    'callback_handler',
    'a handler must return a promise instead of calling done, fail or succeed',
  );
}
