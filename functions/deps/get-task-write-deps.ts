import type { TaskWriteDeps } from '../../core/engine/engine-deps.ts';
import { once } from '../once.ts';
import { getQueue } from './get-queue.ts';
import { getTable } from './get-table.ts';
import { readEngineSettings } from './read-engine-settings.ts';
import { clock, createId, getLog } from './runtime.ts';

/**
 * Returns the ports that every function of the engine holds. A handler adds forges or a launcher only if its entry in
 * core/topology/rights.ts grants them, so that the compiler rejects a call for which the function has no permission.
 */
export const getTaskWriteDeps = once(
  (): TaskWriteDeps => ({
    table: getTable(),
    queue: getQueue(),
    clock,
    log: getLog(),
    settings: readEngineSettings(),
    newId: createId,
  }),
);
