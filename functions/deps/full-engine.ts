import { once } from '../once.ts';
import { createEngine } from './create-engine.ts';
import { forges } from './forges.ts';
import { launching } from './launching.ts';

export const fullEngine = once(() => createEngine({ forges: forges(), launching: launching() }));
