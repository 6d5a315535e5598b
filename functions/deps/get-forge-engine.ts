import { once } from '../once.ts';
import { createEngine } from './create-engine.ts';
import { getForges } from './get-forges.ts';

/** For whatever starts and ends no pods. */
export const getForgeEngine = once(() => createEngine({ forges: getForges() }));
