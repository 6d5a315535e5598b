import type { Interference } from '../world.ts';
import { isMergeQueue, wrapTable } from './breach.ts';

/** Pauses a handler before it records its next merge, so that another handler can claim the merge queue. */
export const pausedMergeWrites: Interference = {
  name: 'handlers that pause before they record a merge',
  changeDeps: wrapTable((table, { faults, loop, random }) => ({
    update: async (key, change, condition) => {
      const { doc } = change.set ?? {};
      const isMergeRecord =
        isMergeQueue(key.pk, key.sk) &&
        typeof doc === 'string' &&
        doc.includes('"phase":"merging"');
      if (isMergeRecord && faults.isActive && random.chance(0.3))
        await loop.sleep(random.between(80_000, 200_000));
      return table.update(key, change, condition);
    },
  })),
};
