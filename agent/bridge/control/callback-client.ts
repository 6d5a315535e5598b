import type { z } from 'zod';
import type { acceptedSchema } from '../../../core/contract/attempt.ts';
import {
  acceptedSchema as accepted,
  checkpointRequestSchema,
  credentialsSchema,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  questionRequestSchema,
  resultRequestSchema,
  transcriptRequestSchema,
} from '../../../core/contract/attempt.ts';
import type { CallbackOptions } from './send-callback.ts';
import { sendCallback } from './send-callback.ts';

// The bridge's side of the attempt callbacks after the first one: what goes out and what comes in fits the contract.

type Accepted = z.infer<typeof acceptedSchema>;
export type CallbackClient = ReturnType<typeof createCallbackClient>;

/** Every call but the heartbeat is repeated until it is answered or `options.signal` aborts. */
export function createCallbackClient(options: CallbackOptions) {
  const call = async <T>(name: string, answer: z.ZodType<T>, body?: unknown, once = false) =>
    answer.parse(await sendCallback(options, { name, body, isSingleTry: once }));
  return {
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
