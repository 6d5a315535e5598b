import type { API } from '../../../core/contract/api.ts';
import { collectGarbage } from '../../../core/engine/command-system.ts';
import type { EngineDeps } from '../../../core/engine/deps.ts';
import { readSystem } from '../../../core/engine/read-system.ts';
import type { Host } from '../../../core/port/host.ts';
import type { Handlers } from '../handlers.ts';

export type SystemParts = {
  /** Absent in a cloud. */
  readonly host: Host | undefined;
  /** Tests of everything that a plan needs, each with what to do about it. */
  readonly doctor: () => Promise<DoctorCheck[]>;
};
export type DoctorCheck = {
  name: string;
  state: 'ok' | 'warning' | 'failed' | 'skipped';
  message: string;
  advice?: string;
};
export type SystemDeps = {
  readonly engine: EngineDeps;
  readonly system: SystemParts;
  readonly version: string;
};

export const systemHandlers = {
  systemStatus: async ({ deps }) => ({
    version: deps.version,
    ...(await readSystem(deps.engine, deps.system.host)),
  }),
  doctor: async ({ deps }) => ({ checks: await deps.system.doctor() }),
  collectGarbage: async ({ body, deps }) => ({
    removed: await collectGarbage(deps.engine, deps.system.host, body.dryRun),
  }),
} satisfies Partial<Handlers<typeof API, SystemDeps>>;
