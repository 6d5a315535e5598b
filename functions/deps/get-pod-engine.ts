import { once } from '../once.ts';
import { createEngine } from './create-engine.ts';
import { getLaunchDeps } from './get-launch-deps.ts';

/** For whatever asks no forge. */
export const getPodEngine = once(() => createEngine({ launching: getLaunchDeps() }));
