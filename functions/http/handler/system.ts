import type { USER_API } from '../../../core/contract/api.ts';
import { collectGarbage } from '../../../core/engine/command/collect-garbage.ts';
import type { ForgeDeps } from '../../../core/engine/engine-deps.ts';
import { readSystem } from '../../../core/engine/view/read-system.ts';
import type { Host } from '../../../core/port/host.ts';
import type { Handlers } from '../handlers.ts';

/** Dependencies of the system routes. */
export type SystemDeps = {
  readonly engine: ForgeDeps;
  /** Machine of a laptop installation; undefined in the cloud. */
  readonly host: Host | undefined;
  readonly version: string;
};

export const systemHandlers = {
  systemStatus: async ({ deps }) => ({
    version: deps.version,
    ...(await readSystem(deps.engine, deps.host)),
  }),
  collectGarbage: async ({ body, deps }) => ({
    removed: await collectGarbage(deps.engine, deps.host, body.dryRun),
  }),
} satisfies Partial<Handlers<typeof USER_API, SystemDeps>>;
