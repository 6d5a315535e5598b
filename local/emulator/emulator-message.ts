import { z } from 'zod';

// What the platform and the process of its store and queues say to each other.

const credentialSchema = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });

/** First message to the process. A port of 0 is any. */
export const startCommandSchema = z.object({
  storeDir: z.string(),
  queuesDir: z.string(),
  credential: credentialSchema,
  storePort: z.number().int(),
  queuesPort: z.number().int(),
  /** It takes the place of one that died under a platform which goes on. */
  isAgain: z.boolean(),
});
export type StartCommand = z.infer<typeof startCommandSchema>;

/** Its answer. */
export const startReplySchema = z.union([
  z.object({
    store: z.string(),
    queues: z.object({ endpoint: z.string(), urls: z.record(z.string(), z.string()) }),
  }),
  z.object({ code: z.string(), message: z.string() }),
]);
export type StartReply = z.infer<typeof startReplySchema>;

/** Asks it to end in order. */
export const STOP_COMMAND = 'end';
