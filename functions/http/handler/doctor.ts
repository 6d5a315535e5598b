import type { DOCTOR_API } from '../../../core/contract/api.ts';
import type { Handlers } from '../handlers.ts';

/** Result of one check; `advice` is the next step for the user. */
export type DoctorCheck = {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  readonly advice?: string;
};
/** Dependencies of the doctor route. */
export type DoctorDeps = {
  readonly runChecks: () => Promise<DoctorCheck[]>;
};

export const doctorHandlers = {
  doctor: async ({ deps }) => ({ checks: await deps.runChecks() }),
} satisfies Handlers<typeof DOCTOR_API, DoctorDeps>;
