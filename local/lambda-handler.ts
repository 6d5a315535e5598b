import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { AppError } from '../core/base/app-error.ts';

// Handlers are called as Lambda calls them: the event and the result are JSON, time and size are limited. Only the freeze
// between invocations and the separate process are missing.

const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

export type LambdaHandler = (event: unknown, context: Context) => unknown;

export type LambdaFunction = {
  readonly name: string;
  readonly handler: LambdaHandler;
  readonly timeoutMs: number;
};

/** `path`: as the topology names it, from the root of the project; the module exports `handler`. */
export async function loadHandler(path: string): Promise<LambdaHandler> {
  const module: Record<string, unknown> = await import(new URL(`../${path}`, import.meta.url).href);
  const { handler } = module;
  if (isHandler(handler)) return handler;
  throw new AppError('bug', 'no_handler', `${path} exports no function named handler`);
}

function isHandler(value: unknown): value is LambdaHandler {
  return typeof value === 'function';
}

/**
 * The result as JSON makes it. Throws what the handler throws; AppError `limited` payload_too_large for the event, `bug`
 * response_too_large for the result, `transient` function_timeout: the handler then goes on, and nobody hears of it.
 */
export async function invokeLambda(target: LambdaFunction, event: object): Promise<unknown> {
  const payload = JSON.stringify(event);
  if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) {
    throw new AppError(
      'limited',
      'payload_too_large',
      `an event may hold ${MAX_PAYLOAD_BYTES} bytes`,
    );
  }
  const result = await runBeforeTimeout(target, async () =>
    target.handler(JSON.parse(payload), createContext(target)),
  );
  if (result === undefined) return null;
  const answer = JSON.stringify(result);
  if (Buffer.byteLength(answer) > MAX_PAYLOAD_BYTES) {
    throw new AppError('bug', 'response_too_large', `a result may hold ${MAX_PAYLOAD_BYTES} bytes`);
  }
  return JSON.parse(answer);
}

async function runBeforeTimeout(
  target: LambdaFunction,
  run: () => Promise<unknown>,
): Promise<unknown> {
  const stop = new AbortController();
  const timeout = delay(target.timeoutMs, undefined, { signal: stop.signal }).then(() => {
    const message = `${target.name} timed out after ${target.timeoutMs / 1_000} seconds`;
    throw new AppError('transient', 'function_timeout', message);
  });
  try {
    return await Promise.race([run(), timeout]);
  } finally {
    stop.abort();
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
    done: refuseCallback,
    fail: refuseCallback,
    succeed: refuseCallback,
  };
}

function refuseCallback(): never {
  throw new AppError('bug', 'callback_handler', 'handlers answer by their promise');
}
