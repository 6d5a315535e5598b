import { z } from 'zod';
import type { PushedFrame } from '../../test/support/cloud/cloud-stage.ts';

const batchSchema = z.strictObject({ batchItemFailures: z.array(z.unknown()) });
const httpSchema = z.object({ statusCode: z.number(), body: z.string().optional() });
const frameSchema = z.object({ type: z.string() });

/** Renders an answer and the frames pushed to clients as short text, such as `409 attempt_ended` or `200, pushed changed`. */
export function renderAnswer(answer: unknown, pushed: readonly PushedFrame[]): string {
  const frames = pushed.map(({ frame }) => `pushed ${frameSchema.parse(frame).type}`);
  return [renderResult(answer), ...frames].join(', ');
}

function renderResult(answer: unknown): string {
  const batch = batchSchema.safeParse(answer);
  if (batch.success) {
    const { length } = batch.data.batchItemFailures;
    return length === 0 ? 'no failed message' : `failed messages: ${length}`;
  }
  const http = httpSchema.safeParse(answer);
  if (!http.success) return JSON.stringify(answer);
  const { statusCode, body = '' } = http.data;
  if (statusCode < 400 || body === '') return String(statusCode);
  return `${statusCode} ${/"code":"(\w+)"/.exec(body)?.[1] ?? body}`;
}
