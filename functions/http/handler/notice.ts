import type { API } from '../../../core/contract/api.ts';
import { requirePlan } from '../../../core/engine/apply/apply-transition.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import { listNotices, listPlanNotices } from '../../../core/store/notice-store.ts';
import type { Handlers } from '../handlers.ts';

/** Dependencies of the notice routes. */
export type NoticeDeps = { readonly engine: Pick<EngineDeps, 'table' | 'clock'> };

export const noticeHandlers = {
  listNotices: async ({ query, deps: { engine } }) =>
    listNotices(engine.table, { ...query, now: engine.clock.now() }),
  listPlanNotices: async ({ params, query, deps: { engine } }) => {
    await requirePlan(engine, params.plan);
    return listPlanNotices(engine.table, params.plan, { ...query, now: engine.clock.now() });
  },
} satisfies Partial<Handlers<typeof API, NoticeDeps>>;
