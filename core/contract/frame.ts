import { z } from 'zod';

// WebSocket frames, below 32 KB each. A frame may be lost, so frames carry no data: the client reads changes over HTTP.

export const clientFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('subscribe'), v: z.literal(1), plan: z.string() }).strict(),
  z.object({ type: z.literal('unsubscribe'), v: z.literal(1), plan: z.string() }).strict(),
  z.object({ type: z.literal('ping'), v: z.literal(1) }).strict(),
]);
/** Frame from a client. */
export type ClientFrame = z.infer<typeof clientFrameSchema>;

export const serverFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('subscribed'), v: z.literal(1), plan: z.string() }),
  z.object({ type: z.literal('changed'), v: z.literal(1), plan: z.string(), at: z.number().int() }),
  z.object({ type: z.literal('pong'), v: z.literal(1) }),
  z.object({ type: z.literal('error'), v: z.literal(1), code: z.string(), message: z.string() }),
]);
/** Frame to a client; `at` in epoch milliseconds. */
export type ServerFrame = z.infer<typeof serverFrameSchema>;
