import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AttemptResult } from '../../core/contract/attempt.ts';
import { assignmentSchema } from '../../core/contract/attempt.ts';
import { Attempt } from './attempt/attempt.ts';
import { runVerifyAttempt } from './attempt/run-verify-attempt.ts';
import { runWorkAttempt } from './attempt/run-work-attempt.ts';
import { AttemptEnded, AttemptFailure, rejectOnAbort } from './attempt-error.ts';
import { createCallbackClient } from './control/callback-client.ts';
import { fitResult } from './control/fit-result.ts';
import type { CallbackOptions } from './control/send-callback.ts';
import { createAttemptFolders } from './host/attempt-folders.ts';
import type { BridgeSettings } from './host/bridge-settings.ts';
import { ProcessTable } from './host/process-table.ts';
import { keepStart, Redactor } from './host/redactor.ts';

// One attempt from its assignment to its result: whatever happens, everything it started is dead and its folder is gone.

const REAPER_SCRIPT = fileURLToPath(new URL('./reaper.sh', import.meta.url));
const FINAL_FLUSH_MS = 5_000;

/** `started` is what the start callback answered. `life` aborts when the attempt may not act any more, with the AttemptEnded that says why. */
export async function runAttempt(
  settings: BridgeSettings,
  started: unknown,
  callbacks: CallbackOptions,
  life: AbortController,
): Promise<void> {
  const assignment = assignmentSchema.parse(started);
  const client = createCallbackClient(callbacks);
  const processes = new ProcessTable(`${settings.attemptId}.${randomBytes(8).toString('hex')}`);
  const owner = String(process.pid);
  processes.startReaper(REAPER_SCRIPT, settings.keepsWorkDir ? undefined : settings.workDir, owner);
  process.once('exit', () => processes.killAll());
  const redactor = new Redactor();
  redactor.addSecret(settings.token);
  const work = new AbortController();
  const onEnd = () => work.abort(life.signal.reason);
  life.signal.addEventListener('abort', onEnd, { once: true });
  work.signal.addEventListener('abort', () => processes.killAll(), { once: true });
  try {
    if (life.signal.aborted) throw life.signal.reason;
    const attempt = new Attempt({
      assignment,
      client,
      folders: await createAttemptFolders(settings.workDir, owner),
      processes,
      redactor,
      signal: work.signal,
      stop: (reason) => (reason instanceof AttemptEnded ? life : work).abort(reason),
    });
    await completeAttempt(attempt, settings, life.signal);
  } finally {
    processes.killAll();
    if (!settings.keepsWorkDir)
      await rm(settings.workDir, { recursive: true, force: true, maxRetries: 3 });
    processes.dismissReaper();
  }
}

/** Sees the attempt through and reports its result. */
async function completeAttempt(
  attempt: Attempt,
  settings: BridgeSettings,
  life: AbortSignal,
): Promise<void> {
  attempt.startTimers();
  try {
    const result = await performAttempt(attempt, settings).catch((error: unknown) =>
      createFailedResult(error, attempt),
    );
    attempt.processes.killAll();
    const lastWords = attempt.transcript.flush().catch(() => {});
    const enough = delay(FINAL_FLUSH_MS, undefined, { ref: false });
    await rejectOnAbort(Promise.race([lastWords, enough]), life);
    await attempt.client.result(fitResult(result));
    process.stderr.write(
      `bridge: ${result.outcome === 'done' ? 'done' : `failed (${result.cause})`}\n`,
    );
  } finally {
    attempt.stopTimers();
  }
}

function performAttempt(attempt: Attempt, settings: BridgeSettings): Promise<AttemptResult> {
  const { mirrorDir, agentCommand } = settings;
  if (attempt.assignment.kind === 'verify') return runVerifyAttempt(attempt, mirrorDir);
  return runWorkAttempt(attempt, { mirrorDir, agentCommand });
}

/** The result of an attempt that failed; one that has ended reports nothing. */
function createFailedResult(error: unknown, attempt: Attempt): AttemptResult {
  // What stopped the attempt explains it better than what broke because of that.
  const cause: unknown = attempt.signal.aborted ? attempt.signal.reason : error;
  if (cause instanceof AttemptEnded) throw cause;
  const clean = attempt.redactor.redact;
  const failure =
    cause instanceof AttemptFailure
      ? cause
      : new AttemptFailure('infra', describeError(cause), { cause });
  const { until, files, evidence } = failure.details;
  return {
    outcome: 'failed',
    cause: failure.failureCause,
    reason: keepStart(clean(failure.message), 4_000),
    ...(evidence ? { evidence } : {}),
    ...(until === undefined ? {} : { until: Math.round(until) }),
    files: files ?? [],
    leftOut: failure.leftOut,
    usage: attempt.usageMeter.getUsage(),
  };
}

function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
