import type { HOOK_API } from '../../../core/contract/api.ts';
import { buildForgeChangeReport } from '../../../core/contract/queue-message.ts';
import type { Queue } from '../../../core/port/queue.ts';
import type { Clock } from '../../../core/port/runtime.ts';
import type { Table } from '../../../core/port/table.ts';
import { KEY } from '../../../core/topology/table-keys.ts';
import type { Handlers } from '../handlers.ts';

/** Dependencies of the webhook route. */
export type HookDeps = {
  readonly table: Table;
  readonly queue: Queue;
  readonly clock: Clock;
  /** Parses a delivery; returns undefined if the delivery concerns no pull request or branch. */
  readonly parseWebhook: (
    event: string,
    payload: unknown,
  ) => { readonly repo: string; readonly pull?: number; readonly branch?: string } | undefined;
};

/** Number of days for which delivery ids are stored, to recognise a repeated delivery. */
const DELIVERY_RETENTION_DAYS = 3;

/** Enqueues a wake-up once for each delivery. Polling finds the changes of a lost delivery. */
export const hookHandlers = {
  github: async ({ body, header, deps }) => {
    const delivery = header('x-github-delivery') ?? '';
    const change = deps.parseWebhook(header('x-github-event') ?? '', body);
    if (change === undefined || delivery === '' || delivery.length > 200) return { accepted: true };
    if ((await deps.table.get(KEY.delivery(delivery))) !== undefined) return { accepted: true };
    await deps.queue.send([{ message: buildForgeChangeReport({ delivery, ...change }) }]);
    const expiresAt = Math.floor(deps.clock.now() / 1_000) + DELIVERY_RETENTION_DAYS * 86_400;
    await deps.table.put({ ...KEY.delivery(delivery), expiresAt });
    return { accepted: true };
  },
} satisfies Handlers<typeof HOOK_API, HookDeps>;
