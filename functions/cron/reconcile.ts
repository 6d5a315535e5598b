import { reconcile } from '../../core/engine/recovery/reconcile.ts';
import { fullEngine } from '../deps/full-engine.ts';

/** Finds by time what crashes and lost messages left undone. */
export async function handler(): Promise<void> {
  await reconcile(fullEngine());
}
