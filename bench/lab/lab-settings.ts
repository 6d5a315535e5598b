import type { EngineSettings } from '../../core/engine/engine-deps.ts';

/** Creates engine settings; `slots` is the maximum number of parallel attempts. */
export function createLabSettings(slots: number): EngineSettings {
  return {
    prefix: 'smol-gang',
    apiUrl: 'http://api.test',
    limits: { maxMinutes: 90, idleMinutes: 10, maxTokens: 1e9, maxUsd: 1e6, maxTurns: 500 },
    bounds: { maxRetries: 2, maxLostAttempts: 6, maxRepairs: 4, maxEngineFailures: 10 },
    caps: { system: slots, repository: slots, plan: slots },
    // Attempts of the lab send no heartbeats; the scenario attempt-cost measures heartbeats separately.
    leaseMs: 8 * 3_600_000,
    heartbeatMs: 10_000,
    launchTimeoutMs: 120_000,
    keepDays: 14,
    agent: 'small',
    models: { heavy: 'heavy', light: 'light' },
    prices: {},
    author: { name: 'smol-gang', email: 'smol-gang@localhost' },
  };
}
