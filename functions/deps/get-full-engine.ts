import { once } from '../once.ts';
import { createEngine } from './create-engine.ts';
import { getForges } from './get-forges.ts';
import { getLaunchDeps } from './get-launch-deps.ts';

export const getFullEngine = once(() =>
  createEngine({ forges: getForges(), launching: getLaunchDeps() }),
);
