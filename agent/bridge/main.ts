import { AttemptEnded } from './attempt-error.ts';
import type { CallbackOptions } from './control/send-callback.ts';
import { sendCallback } from './control/send-callback.ts';
import type { BridgeSettings } from './host/bridge-settings.ts';
import { takeBridgeSettings } from './host/bridge-settings.ts';

// The bridge as a process. It calls home first and loads the rest of itself while the answer is on its way.

const BRIDGE_VERSION = '1';
/** Longer than a platform needs to be started again. Whoever launched it launches another. */
const MAX_UNANSWERED_START_MS = 45_000;

function readBridgeSettings(): BridgeSettings | undefined {
  try {
    return takeBridgeSettings(process.env);
  } catch (error) {
    process.stderr.write(`bridge: ${error instanceof Error ? error.message : 'bad settings'}\n`);
    return undefined;
  }
}

async function runBridge(settings: BridgeSettings): Promise<number> {
  const life = new AbortController();
  const end = (ended: AttemptEnded) => life.abort(ended);
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(name, () => end(new AttemptEnded('signal', name)));
  }
  const options: CallbackOptions = { ...settings, signal: life.signal, onEnded: end };
  try {
    const starting = sendCallback(options, {
      name: 'start',
      body: { bridge: BRIDGE_VERSION },
      maxUnansweredMs: MAX_UNANSWERED_START_MS,
    });
    const [{ runAttempt }, assignment] = await Promise.all([import('./run-attempt.ts'), starting]);
    await runAttempt(settings, assignment, options, life);
    return 0;
  } catch (error) {
    const cause: unknown = life.signal.aborted ? life.signal.reason : error;
    if (cause instanceof AttemptEnded) {
      process.stderr.write(`bridge: stopped (${cause.reason})\n`);
      return cause.exitCode;
    }
    process.stderr.write(`bridge: ${cause instanceof Error ? cause.name : 'unknown error'}\n`);
    return 1;
  }
}

const settings = readBridgeSettings();
process.exit(settings ? await runBridge(settings) : 2);
