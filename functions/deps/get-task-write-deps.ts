import type { TaskWriteDeps } from '../../core/engine/engine-deps.ts';
import { once } from '../once.ts';
import { getQueue } from './get-queue.ts';
import { getTable } from './get-table.ts';
import { readEngineSettings } from './read-engine-settings.ts';
import { clock, createId, getLog } from './runtime.ts';

/**
 * Returns the ports that every handler of the engine needs. A handler adds forges or a launcher only if its entry in
 * core/topology/rights.ts grants the permission, so the compiler rejects a call without permission.
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
