import { createSqsQueue } from '../../adapters/sqs/create-sqs-queue.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';

export const getQueue = once(() => {
  const { queue } = readConfig(['queue']);
  const { plan, reconcile, schedule, notify, push } = queue;
  return createSqsQueue({
    region: queue.region,
    endpoint: queue.endpoint,
    urls: { plan, reconcile, schedule, notify, push },
  });
});
