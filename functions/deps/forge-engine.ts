import { once } from '../once.ts';
import { createEngine } from './create-engine.ts';
import { forges } from './forges.ts';

/** For whatever starts and ends no pods. */
export const forgeEngine = once(() => createEngine({ forges: forges() }));
