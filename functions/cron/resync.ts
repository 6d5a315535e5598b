import { resync } from '../../core/engine/resync/resync.ts';
import { getFullEngine } from '../deps/get-full-engine.ts';

/** Wakes every item that is due but got no message, after a crash or a lost message. */
export async function handler(): Promise<void> {
  await resync(getFullEngine());
}
