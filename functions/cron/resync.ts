import { resync } from '../../core/engine/resync/resync.ts';
import { getFullEngine } from '../deps/get-full-engine.ts';

/** Finds by time what crashes and lost messages left undone. */
export async function handler(): Promise<void> {
  await resync(getFullEngine());
}
