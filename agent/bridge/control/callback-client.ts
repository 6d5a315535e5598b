import type { z } from 'zod';
import {
  acceptedSchema,
  checkpointRequestSchema,
  credentialsSchema,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  questionRequestSchema,
  resultRequestSchema,
  transcriptRequestSchema,
} from '../../../core/contract/attempt.ts';
import type { AttemptCallback } from '../../../core/contract/attempt-callback.ts';
import type { CallbackOptions } from './send-callback.ts';
import { sendCallback } from './send-callback.ts';

// The attempt callbacks after `start`. Every request and every answer is checked against the contract.

type Accepted = z.infer<typeof acceptedSchema>;

/** Typed callbacks of one attempt; each rejects with AttemptEnded when the attempt is over. */
export type CallbackClient = ReturnType<typeof createCallbackClient>;

/** Creates the callbacks. All but the heartbeat are retried until an answer comes or `options.signal` aborts. */
export function createCallbackClient(options: CallbackOptions) {
  const call = async <T>(
    callback: AttemptCallback,
    answerSchema: z.ZodType<T>,
    body?: unknown,
    isSingleTry = false,
  ) => answerSchema.parse(await sendCallback(options, { callback, body, isSingleTry }));
  return {
    fetchCredentials: () => call('credentials', credentialsSchema),
    /** Sends one heartbeat without a retry: the next heartbeat follows soon. */
    sendHeartbeat: (body: z.input<typeof heartbeatRequestSchema>) =>
      call('heartbeat', heartbeatResponseSchema, heartbeatRequestSchema.parse(body), true),
    sendTranscript: (body: z.input<typeof transcriptRequestSchema>): Promise<Accepted> =>
      call('transcript', acceptedSchema, transcriptRequestSchema.parse(body)),
    reportCheckpoint: (body: z.input<typeof checkpointRequestSchema>): Promise<Accepted> =>
      call('checkpoint', acceptedSchema, checkpointRequestSchema.parse(body)),
    putQuestion: (body: z.input<typeof questionRequestSchema>): Promise<Accepted> =>
      call('question', acceptedSchema, questionRequestSchema.parse(body)),
    reportResult: (body: z.input<typeof resultRequestSchema>): Promise<Accepted> =>
      call('result', acceptedSchema, resultRequestSchema.parse(body)),
  };
}
