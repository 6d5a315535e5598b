import { once } from '../once.ts';
import { createEngine } from './create-engine.ts';
import { launching } from './launching.ts';

/** For whatever asks no forge. */
export const podEngine = once(() => createEngine({ launching: launching() }));
