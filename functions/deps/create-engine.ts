import { AppError } from '../../core/base/app-error.ts';
import type { EngineDeps } from '../../core/engine/engine-deps.ts';
import { createRefusingProxy } from './create-refusing-proxy.ts';
import { getQueue } from './get-queue.ts';
import { getTable } from './get-table.ts';
import { readEngineSettings } from './read-engine-settings.ts';
import { clock, createId, getLog } from './runtime.ts';

type EngineParts = {
  readonly forges?: EngineDeps['forges'];
  readonly launching?: Pick<EngineDeps, 'launcher' | 'attemptToken'>;
};

/** What the engine needs from outside. A function that asks no forge, or starts no pod, leaves that part out. */
export function createEngine({ forges, launching }: EngineParts): EngineDeps {
  return {
    table: getTable(),
    queue: getQueue(),
    forges: forges ?? { github: createMissingPart('forge'), local: createMissingPart('forge') },
    launcher: launching?.launcher ?? createMissingPart('launcher'),
    attemptToken:
      launching?.attemptToken ?? (() => Promise.reject(createMissingPartError('launcher'))),
    clock,
    log: getLog(),
    settings: readEngineSettings(),
    newId: createId,
  };
}

function createMissingPart<T extends object>(what: string): T {
  return createRefusingProxy(() => createMissingPartError(what));
}

function createMissingPartError(what: string): AppError {
  return new AppError('bug', 'not_in_this_function', `this function was made without a ${what}`);
}
