import type { DOCTOR_API } from '../../../core/contract/api.ts';
import type { Handlers } from '../handlers.ts';

export type DoctorCheck = {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  readonly advice?: string;
};
export type DoctorDeps = {
  /** Tests of everything that a plan needs, each with what to do about it. */
  readonly examine: () => Promise<DoctorCheck[]>;
};

export const doctorHandlers = {
  doctor: async ({ deps }) => ({ checks: await deps.examine() }),
} satisfies Handlers<typeof DOCTOR_API, DoctorDeps>;
