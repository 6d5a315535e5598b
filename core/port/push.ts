import type { ServerFrame } from '../contract/frame.ts';

// Hints to connected clients. Losing one is harmless: a client also asks `changes` by itself.

export interface Push {
  /** `gone`: the connection is closed and should be forgotten (410). */
  send(connectionId: string, frame: ServerFrame): Promise<'sent' | 'gone'>;
}
