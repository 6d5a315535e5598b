import { isAppError } from '../../../core/base/app-error.ts';
import type { AttemptResult } from '../../../core/contract/attempt.ts';
import { acceptResult } from '../../../core/engine/attempt/attempt-callbacks.ts';
import type { Sha } from '../../../core/port/forge.ts';
import type { Bridge } from './bridge.ts';
import { NO_USAGE } from './bridge.ts';

// The final report of a bridge: a true result, or an invalid one the engine must reject.

type FailedResult = Extract<AttemptResult, { readonly outcome: 'failed' }>;
type DoneResult = Extract<AttemptResult, { readonly outcome: 'done' }>;

export function createFailedResult(
  cause: FailedResult['cause'],
  overrides: Partial<FailedResult> = {},
): FailedResult {
  return {
    outcome: 'failed',
    cause,
    reason: `it failed: ${cause}`,
    files: [],
    leftOut: [],
    usage: NO_USAGE,
    ...overrides,
  };
}

function createDoneResult(bridge: Bridge, commit: Sha, root: Sha, changed: string[]): DoneResult {
  const empty = bridge.assignment.verify.length === 0;
  return {
    outcome: 'done',
    commit,
    evidence: { commit, root, green: true, empty, results: [], at: bridge.world.loop.now },
    summary: 'done',
    workLog: [],
    changed,
    leftOut: [],
    flagged: [],
    usage: { inputTokens: 100, outputTokens: 10, usd: 0.01, turns: 1 },
  };
}

export async function reportDone(
  bridge: Bridge,
  commit: Sha,
  root: Sha,
  changed: string[],
): Promise<void> {
  const { faults, random } = bridge.world;
  const truth = createDoneResult(bridge, commit, root, changed);
  if (!faults.drawFault('agent_lies')) return bridge.reportResult(truth);
  if (random.chance(0.3))
    return bridge.reportResult(createFailedResult('verify_red'), {
      ...truth,
      evidence: { ...truth.evidence, green: false },
    });
  return reportInvalidResult(bridge, createInvalidResult(bridge, truth));
}

/** Returns a result for a commit that was never pushed: in its evidence only, or in the whole result. */
function createInvalidResult({ world, assignment }: Bridge, truth: DoneResult): DoneResult {
  const { graph } = world.forge.getRepository(assignment.repository.name);
  const commit = graph.add([truth.commit], graph.get(truth.commit).files).sha;
  const evidence = { ...truth.evidence, commit };
  const shouldReplaceCommit = assignment.kind !== 'verify' && world.random.chance(0.5);
  return shouldReplaceCommit ? { ...truth, commit, evidence } : { ...truth, evidence };
}

/** Reports an invalid result; after the refusal, the bridge reports a failure of its agent. */
async function reportInvalidResult(bridge: Bridge, result: DoneResult): Promise<void> {
  const { world, pod } = bridge;
  try {
    await bridge.callUntilAnswered('result', (deps, key) => acceptResult(deps, key, result));
    world.judge.recordViolation(world, `an invalid result of ${pod.attemptId} was accepted`);
  } catch (error) {
    if (!isAppError(error)) throw error;
    world.recordHistory(
      `${pod.attemptId} reported an invalid result and was refused: ${error.message}`,
    );
  }
  bridge.requireAlive();
  await bridge.reportResult(createFailedResult('agent'));
}
