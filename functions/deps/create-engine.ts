import type { EngineDeps } from '../../core/engine/deps.ts';
import { AppError } from '../../core/error.ts';
import { engineSettings } from './engine-settings.ts';
import { queue } from './queue.ts';
import { refusing } from './refusing.ts';
import { clock, log, newId } from './runtime.ts';
import { table } from './table.ts';

type Parts = {
  readonly forges?: EngineDeps['forges'];
  readonly launching?: Pick<EngineDeps, 'launcher' | 'attemptToken'>;
};

/** What the engine needs from outside. A function that asks no forge, or starts no pod, leaves that part out. */
export function createEngine({ forges, launching }: Parts): EngineDeps {
  return {
    table: table(),
    queue: queue(),
    forges: forges ?? { github: leftOut('forge'), local: leftOut('forge') },
    launcher: launching?.launcher ?? leftOut('launcher'),
    attemptToken: launching?.attemptToken ?? (() => Promise.reject(isLeftOut('launcher'))),
    clock,
    log: log(),
    settings: engineSettings(),
    newId,
  };
}

function leftOut<T extends object>(what: string): T {
  return refusing(() => isLeftOut(what));
}

function isLeftOut(what: string): AppError {
  return new AppError('bug', 'not_in_this_function', `this function was made without a ${what}`);
}
