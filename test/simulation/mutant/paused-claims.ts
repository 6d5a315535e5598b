import type { Interference } from '../world.ts';
import { isTaskState, wrapTable } from './breach.ts';

/** Pauses a scheduler after it has taken a slot and before it claims the task, until the slot may have been freed again. */
export const pausedClaims: Interference = {
  name: 'schedulers that pause before a claim',
  changeDeps: wrapTable((table, { faults, loop, random }) => ({
    update: async (key, change, condition) => {
      const { doc, v } = change.set ?? {};
      const isClaim =
        isTaskState(key.pk, key.sk) &&
        typeof doc === 'string' &&
        doc.includes(`"last":{"version":${v},`) &&
        doc.includes('"event":"claimed"');
      if (isClaim && faults.isActive && random.chance(0.2))
        await loop.sleep(random.between(100_000, 300_000));
      return table.update(key, change, condition);
    },
  })),
};
