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
import { toRepositoryFailure } from './git/forge-failure.ts';
import { createAttemptFolders } from './host/attempt-folders.ts';
import type { BridgeSettings } from './host/bridge-settings.ts';
import { ProcessTable } from './host/process-table.ts';
import { keepStart, Redactor } from './host/redactor.ts';

// Runs an attempt from the assignment to the result. At the end, even after an error, the bridge kills all processes and removes the
// work folder unless the settings keep the folder.

const REAPER_SCRIPT = fileURLToPath(new URL('./reaper.sh', import.meta.url));
/** Longest time to send the last transcript chunks, milliseconds. The result is reported afterwards in any case. */
const FINAL_FLUSH_MS = 5_000;
/** Limit of `reason` in the contract of the result. */
const MAX_REASON_CHARS = 4_000;

/**
 * Runs the attempt and reports the result.
 *
 * @param startAnswer answer to the start callback: the assignment
 * @param lifetime aborts with an AttemptEnded when the bridge must stop at once; nothing is reported then
 */
export async function runAttempt(
  settings: BridgeSettings,
  startAnswer: unknown,
  callbacks: CallbackOptions,
  lifetime: AbortController,
): Promise<void> {
  const assignment = assignmentSchema.parse(startAnswer);
  const client = createCallbackClient(callbacks);
  const marker = `${settings.attemptId}.${randomBytes(8).toString('hex')}`;
  const processes = new ProcessTable(marker, settings.programPath, settings.toolEnvironment);
  const removableFolder = settings.keepsWorkDir ? undefined : settings.workDir;
  processes.startReaper(REAPER_SCRIPT, removableFolder, process.pid);
  process.once('exit', () => processes.killAll());
  const redactor = new Redactor();
  redactor.addSecret(settings.token);
  // Aborts when the work must stop. The bridge then still reports a failure, unless `lifetime` has aborted as well.
  const work = new AbortController();
  const stopWork = () => work.abort(lifetime.signal.reason);
  lifetime.signal.addEventListener('abort', stopWork, { once: true });
  work.signal.addEventListener('abort', () => processes.killAll(), { once: true });
  try {
    if (lifetime.signal.aborted) throw lifetime.signal.reason;
    const attempt = new Attempt({
      assignment,
      client,
      folders: await createAttemptFolders(settings.workDir, process.pid, settings.toolFiles),
      processes,
      isolation: settings.isolation,
      redactor,
      signal: work.signal,
      stop: (reason) => (reason instanceof AttemptEnded ? lifetime : work).abort(reason),
    });
    await completeAttempt(attempt, settings, lifetime.signal);
  } finally {
    processes.killAll();
    if (!settings.keepsWorkDir)
      await rm(settings.workDir, { recursive: true, force: true, maxRetries: 3 });
    processes.dismissReaper();
  }
}

/** Performs the attempt with heartbeats and time limits, and reports its success or failure. */
async function completeAttempt(
  attempt: Attempt,
  settings: BridgeSettings,
  lifetime: AbortSignal,
): Promise<void> {
  attempt.startTimers();
  try {
    const result = await performAttempt(attempt, settings).catch((error: unknown) =>
      createFailedResult(error, attempt),
    );
    attempt.processes.killAll();
    const flushed = attempt.transcript.flush().catch(() => {});
    const timeout = delay(FINAL_FLUSH_MS, undefined, { ref: false });
    await rejectOnAbort(Promise.race([flushed, timeout]), lifetime);
    await attempt.client.reportResult(fitResult(result));
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

/** Builds the result of a failed attempt. Rethrows an AttemptEnded, because an ended attempt reports nothing. */
function createFailedResult(error: unknown, attempt: Attempt): AttemptResult {
  // The abort reason explains the failure better than the error of the interrupted step.
  const cause = toRepositoryFailure(attempt.signal.aborted ? attempt.signal.reason : error);
  if (cause instanceof AttemptEnded) throw cause;
  const { redact } = attempt.redactor;
  const failure =
    cause instanceof AttemptFailure
      ? cause
      : new AttemptFailure('infra', formatUnexpectedError(cause, attempt), { cause });
  const { until, files, evidence } = failure.details;
  return {
    outcome: 'failed',
    cause: failure.failureCause,
    reason: keepStart(redact(failure.message), MAX_REASON_CHARS),
    ...(evidence ? { evidence } : {}),
    ...(until === undefined ? {} : { until: Math.round(until) }),
    files: files ?? [],
    leftOut: failure.leftOut,
    usage: attempt.usageMeter.getUsage(),
  };
}

/** Describes an error without the folder of the attempt, so that the same fault has the same text in each attempt. */
function formatUnexpectedError(error: unknown, attempt: Attempt): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replaceAll(attempt.folders.root, '<attempt>');
}
