import { resync } from '../../core/engine/resync/resync.ts';
import { getForges } from '../deps/get-forges.ts';
import { getLaunchDeps } from '../deps/get-launch-deps.ts';
import { getTaskWriteDeps } from '../deps/get-task-write-deps.ts';
import { once } from '../once.ts';

const getDeps = once(() => ({
  ...getTaskWriteDeps(),
  ...getLaunchDeps(),
  forges: getForges(),
}));

/** Runs each minute. Repairs the effects of crashes and lost messages; for example, enqueues the items that are due. */
export async function handler(): Promise<void> {
  await resync(getDeps());
}
