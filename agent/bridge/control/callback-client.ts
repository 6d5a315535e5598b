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
import type { AttemptCallback } from '../../../core/contract/bridge.ts';
import type { CallbackOptions } from './send-callback.ts';
import { sendCallback } from './send-callback.ts';

// Sends all callbacks of an attempt except `start`, and checks every request and answer against the contract.

type Accepted = z.infer<typeof acceptedSchema>;

/** Callbacks of one attempt. Every callback rejects with AttemptEnded if the control plane has ended the attempt. */
export type CallbackClient = ReturnType<typeof createCallbackClient>;

/** Creates the client. All callbacks except the heartbeat are retried until the API answers or `options.signal` aborts. */
export function createCallbackClient(options: CallbackOptions) {
  const call = async <T>(
    callback: AttemptCallback,
    answerSchema: z.ZodType<T>,
    body?: unknown,
    isSingleTry = false,
  ) => answerSchema.parse(await sendCallback(options, { callback, body, isSingleTry }));
  return {
    fetchCredentials: () => call('credentials', credentialsSchema),
    /** Sends a heartbeat without retries, because the next heartbeat follows soon. */
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
