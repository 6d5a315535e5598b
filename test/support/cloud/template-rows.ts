import { z } from 'zod';
import { STAGE } from './cloud-settings.ts';
import type { Resource } from './cloud-template.ts';
import { requireSingle } from './cloud-template.ts';

/** Sorts rows by their JSON, to compare lists whose order does not matter. */
export function sortRows(rows: unknown): unknown[] {
  return z
    .array(z.unknown())
    .parse(rows)
    .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b), 'en'));
}

/** Formats the name of a queue as the stack declares it. */
export function formatQueueName(name: string): string {
  return `${STAGE}-smol-gang-platform-${name}`;
}

/** Returns the name of the queue with a logical id. */
export function findQueueName(queues: readonly Resource[], logicalId: string): unknown {
  return requireSingle(queues.filter((queue) => queue.logicalId === logicalId)).Properties
    .QueueName;
}
