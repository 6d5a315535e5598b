import type { EngineSettings } from '../../core/engine/engine-deps.ts';
import { readConfig } from '../config.ts';

/** Reads the settings of the engine from the configuration. */
export function readEngineSettings(): EngineSettings {
  const config = readConfig(['api', 'model', 'agent', 'slots', 'attempt', 'branch', 'retention']);
  const { attempt, slots } = config;
  return {
    prefix: config.branch.prefix,
    apiUrl: config.api.url,
    limits: {
      maxMinutes: attempt.maxMinutes,
      idleMinutes: attempt.idleMinutes,
      maxTokens: attempt.maxTokens,
      maxUsd: attempt.maxUsd,
      maxTurns: attempt.maxTurns,
    },
    bounds: {
      maxRetries: attempt.maxRetries,
      maxLostAttempts: 6,
      maxRepairs: 4,
      maxEngineFailures: 10,
    },
    caps: {
      system: slots.system,
      repository: slots.perRepository ?? slots.system,
      plan: slots.perPlan ?? slots.system,
    },
    leaseMs: attempt.leaseSeconds * 1_000,
    heartbeatMs: attempt.heartbeatSeconds * 1_000,
    launchTimeoutMs: attempt.launchSeconds * 1_000,
    partialCloneFromMb: attempt.partialCloneMb,
    keepDays: config.retention.days,
    agent: config.agent.name,
    models: {
      heavy: config.model.heavy ?? '',
      light: config.model.light ?? config.model.heavy ?? '',
    },
    prices: config.model.prices,
    author: { name: 'smol-gang', email: 'smol-gang@localhost' },
  };
}
