import { z } from 'zod';

// Messages between the platform and the process that runs the emulators of DynamoDB (store) and SQS (queues).

const credentialSchema = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });

/** First message to the emulator process; port 0 selects any free port. */
export const startCommandSchema = z.object({
  storeDir: z.string(),
  queuesDir: z.string(),
  credential: credentialSchema,
  storePort: z.number().int(),
  queuesPort: z.number().int(),
  /** True if the process replaces a crashed process while the platform continues. */
  isRestart: z.boolean(),
});
/** First message to the emulator process. */
export type StartCommand = z.infer<typeof startCommandSchema>;

/** Reply to the start command: the addresses of the emulators, or an error. */
export const startReplySchema = z.union([
  z.object({
    store: z.string(),
    queues: z.object({ endpoint: z.string(), urls: z.record(z.string(), z.string()) }),
  }),
  z.object({ code: z.string(), message: z.string() }),
]);
/** Reply to the start command. */
export type StartReply = z.infer<typeof startReplySchema>;

/** Message that asks the emulator process to close its servers and exit. */
export const STOP_COMMAND = 'end';
