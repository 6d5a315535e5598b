import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AttemptResult, assignmentSchema } from '../../core/contract/attempt.ts';
import { Attempt } from './attempt.ts';
import { AttemptEnded, AttemptFailure, orAborted } from './attempt-end.ts';
import { createCallbackClient } from './callback-client.ts';
import type { CallbackOptions } from './callback-transport.ts';
import { fitResult } from './fit-result.ts';
import { makeFolders } from './folders.ts';
import { ProcessTable } from './process.ts';
import { head, Redactor } from './redact.ts';
import type { BridgeSettings } from './settings.ts';
import { runVerifyAttempt } from './verify-attempt.ts';
import { runWorkAttempt } from './work-attempt.ts';

// One attempt from its assignment to its result: whatever happens, everything it started is dead and its folder is gone.

const REAPER = fileURLToPath(new URL('./reaper.sh', import.meta.url));
const LAST_WORDS_MS = 5_000;

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
  processes.startReaper(REAPER, settings.keep ? undefined : settings.workDir, owner);
  process.once('exit', () => processes.killAll());
  const redactor = new Redactor();
  redactor.add(settings.token);
  const work = new AbortController();
  const onEnd = () => work.abort(life.signal.reason);
  life.signal.addEventListener('abort', onEnd, { once: true });
  work.signal.addEventListener('abort', () => processes.killAll(), { once: true });
  try {
    if (life.signal.aborted) throw life.signal.reason;
    const attempt = new Attempt({
      assignment,
      client,
      folders: await makeFolders(settings.workDir, owner),
      processes,
      redactor,
      signal: work.signal,
      end: (reason) => (reason instanceof AttemptEnded ? life : work).abort(reason),
    });
    await see(attempt, settings, life.signal);
  } finally {
    processes.killAll();
    if (!settings.keep) await rm(settings.workDir, { recursive: true, force: true, maxRetries: 3 });
    processes.dismissReaper();
  }
}

/** Sees the attempt through and reports its result. */
async function see(attempt: Attempt, settings: BridgeSettings, life: AbortSignal): Promise<void> {
  attempt.begin();
  try {
    const result = await workOn(attempt, settings).catch((error: unknown) =>
      failed(error, attempt),
    );
    attempt.processes.killAll();
    const lastWords = attempt.transcript.flush().catch(() => {});
    const enough = delay(LAST_WORDS_MS, undefined, { ref: false });
    await orAborted(Promise.race([lastWords, enough]), life);
    await attempt.client.result(fitResult(result));
    process.stderr.write(
      `bridge: ${result.outcome === 'done' ? 'done' : `failed (${result.cause})`}\n`,
    );
  } finally {
    attempt.close();
  }
}

function workOn(attempt: Attempt, settings: BridgeSettings): Promise<AttemptResult> {
  const { mirrorDir, agentCommand } = settings;
  if (attempt.assignment.kind === 'verify') return runVerifyAttempt(attempt, mirrorDir);
  return runWorkAttempt(attempt, { mirrorDir, agentCommand });
}

/** The result of an attempt that failed; one that has ended reports nothing. */
function failed(error: unknown, attempt: Attempt): AttemptResult {
  // What stopped the attempt explains it better than what broke because of that.
  const cause: unknown = attempt.signal.aborted ? attempt.signal.reason : error;
  if (cause instanceof AttemptEnded) throw cause;
  const clean = attempt.redactor.redact;
  const failure =
    cause instanceof AttemptFailure
      ? cause
      : new AttemptFailure('infra', describe(cause), { cause });
  const { until, files, evidence } = failure.details;
  return {
    outcome: 'failed',
    cause: failure.why,
    reason: head(clean(failure.message), 4_000),
    ...(evidence ? { evidence } : {}),
    ...(until === undefined ? {} : { until: Math.round(until) }),
    files: files ?? [],
    leftOut: failure.leftOut,
    usage: attempt.meter.usage(),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
