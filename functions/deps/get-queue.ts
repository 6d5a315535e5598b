import { createSqsQueue } from '../../adapters/sqs/create-sqs-queue.ts';
import type { Queue } from '../../core/port/queue.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';
import { findLocalStore } from './local-store.ts';

export const getQueue = once((): Queue => {
  const localStore = findLocalStore();
  if (localStore !== undefined) return localStore.queue;
  const { queue } = readConfig(['queue']);
  const { plan, reconcile, schedule, notify, push } = queue;
  return createSqsQueue({
    region: queue.region,
    endpoint: queue.endpoint,
    urls: { plan, reconcile, schedule, notify, push },
  });
});
