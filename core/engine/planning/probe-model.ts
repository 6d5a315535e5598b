import type { AppError } from '../../base/app-error.ts';
import { isAppError } from '../../base/app-error.ts';
import { buildModelProbeRequest } from '../../contract/queue-message.ts';
import {
  boundPauseEnd,
  claimModelProbe,
  MODEL_SYSTEM,
  recordPause,
} from '../../store/system-store.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import type { EngineDeps } from '../engine-deps.ts';
import type { PlannerDeps } from './planning-steps.ts';

// Probes the model with a request of the platform's own. An attempt or a plan that the model refuses waits by itself, because the
// refusal may concern its request; only a refused probe pauses the work of all plans.

/** Ports of a probe. */
export type ProbeDeps = Pick<EngineDeps, 'table' | 'queue' | 'clock' | 'log' | 'settings'> &
  Pick<PlannerDeps, 'llm'>;

/** Minimum interval between two probes, milliseconds. */
const MIN_INTERVAL_MS = 10_000;
/** Pause after a refused key, milliseconds. */
const KEY_PAUSE_MS = 60_000;
/** Shortest pause before whose end another probe runs, milliseconds. Work that starts after a shorter pause probes the model itself. */
const MIN_REPEATED_PAUSE_MS = 20_000;
/** Time between the next probe and the end of the pause, milliseconds. */
const REPEAT_MARGIN_MS = 5_000;
const MAX_OUTPUT_TOKENS = 200;

/**
 * Probes each configured model. If every model refuses the probe, pauses work for the model, and requests the next probe before the end
 * of the pause. Refusals shortly after a probe cause one later probe.
 */
export async function probeModel(deps: ProbeDeps): Promise<void> {
  const claim = await claimModelProbe(deps.table, deps.clock.now(), MIN_INTERVAL_MS);
  if (claim === 'deferred') await requestLaterProbe(deps, MIN_INTERVAL_MS);
  if (claim !== 'claimed') return;
  const { heavy, light } = deps.settings.models;
  const tiers = heavy === light ? (['heavy'] as const) : (['heavy', 'light'] as const);
  const refusals = await Promise.all(tiers.map((tier) => findRefusal(deps, tier)));
  const [first, ...others] = refusals;
  if (first === undefined || others.includes(undefined)) return;

  const now = deps.clock.now();
  const until = boundPauseEnd(first.details.until ?? now + KEY_PAUSE_MS, now);
  await recordPause(deps.table, { system: MODEL_SYSTEM, until, reason: first.message });
  if (until - now < MIN_REPEATED_PAUSE_MS) return;
  await requestLaterProbe(deps, until - now - REPEAT_MARGIN_MS);
}

async function requestLaterProbe(deps: ProbeDeps, delayMs: number): Promise<void> {
  await enqueueWakeUps(deps, [buildModelProbeRequest()], Math.floor(delayMs / 1_000));
}

/** Returns the refusal of a short request; undefined if the model answers, or if no model is configured. */
async function findRefusal(
  { llm, log }: ProbeDeps,
  tier: 'heavy' | 'light',
): Promise<AppError | undefined> {
  try {
    await llm.complete({
      messages: [{ role: 'user', content: 'Answer {"ready": true}' }],
      tier,
      maxOutputTokens: MAX_OUTPUT_TOKENS,
    });
    return undefined;
  } catch (error) {
    if (!isAppError(error, 'paused') && !isAppError(error, 'auth')) return undefined;
    if (error.code === 'model_not_configured') return undefined;
    log.warn('the model refused a probe', { tier, cause: error.message });
    return error;
  }
}
