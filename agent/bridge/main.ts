import { describeError } from '../../core/base/describe-error.ts';
import { AttemptEnded } from './attempt-error.ts';
import type { CallbackOptions } from './control/send-callback.ts';
import { sendCallback } from './control/send-callback.ts';
import type { BridgeSettings } from './host/bridge-settings.ts';
import { takeBridgeSettings } from './host/bridge-settings.ts';

// Entry point of the bridge process. The bridge sends the start callback first and loads most modules while it waits for the answer.
// Exit codes: 0 result reported or stop requested, 1 unexpected error, 2 invalid settings, 3 no access to the control plane.

const BRIDGE_VERSION = '1';
/** Longest time without any answer to the start callback, milliseconds; longer than a restart of the API. */
const MAX_UNANSWERED_START_MS = 45_000;

function readBridgeSettings(): BridgeSettings | undefined {
  try {
    return takeBridgeSettings(process.env);
  } catch (error) {
    process.stderr.write(`bridge: ${describeError(error)}\n`);
    return undefined;
  }
}

async function runBridge(settings: BridgeSettings): Promise<number> {
  // Aborts when the bridge must stop at once, without a report to the control plane.
  const lifetime = new AbortController();
  const endAttempt = (ended: AttemptEnded) => lifetime.abort(ended);
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(name, () => endAttempt(new AttemptEnded('signal', name)));
  }
  const options: CallbackOptions = { ...settings, signal: lifetime.signal, onEnded: endAttempt };
  try {
    const startRequest = sendCallback(options, {
      callback: 'start',
      body: { bridge: BRIDGE_VERSION },
      maxUnansweredMs: MAX_UNANSWERED_START_MS,
    });
    const [{ runAttempt }, startAnswer] = await Promise.all([
      import('./run-attempt.ts'),
      startRequest,
    ]);
    await runAttempt(settings, startAnswer, options, lifetime);
    return 0;
  } catch (error) {
    const cause: unknown = lifetime.signal.aborted ? lifetime.signal.reason : error;
    if (cause instanceof AttemptEnded) {
      process.stderr.write(
        `bridge: stopped (${cause.reason}); nothing more is pushed or reported\n`,
      );
      return cause.exitCode;
    }
    // The message of an error may contain a secret, so only the name of the error is printed.
    const errorName = cause instanceof Error ? cause.name : 'unknown error';
    process.stderr.write(`bridge: stopped by an unexpected error: ${errorName}\n`);
    return 1;
  }
}

const settings = readBridgeSettings();
process.exit(settings ? await runBridge(settings) : 2);
