import type { Interference } from '../world.ts';
import { isLane, wrapTable } from './breach.ts';

/** A lane worker that stands still before it writes that it is about to merge, until another has the lane. */
export const pausedLanes: Interference = {
  name: 'a lane worker that comes late',
  deps: wrapTable((table, { faults, loop, random }) => ({
    update: async (key, change, condition) => {
      const { doc } = change.set ?? {};
      const isAbout =
        isLane(key.pk, key.sk) && typeof doc === 'string' && doc.includes('"phase":"merging"');
      if (isAbout && faults.isActive && random.chance(0.3))
        await loop.sleep(random.between(80_000, 200_000));
      return table.update(key, change, condition);
    },
  })),
};
