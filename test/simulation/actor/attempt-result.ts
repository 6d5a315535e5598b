import { isAppError } from '../../../core/base/app-error.ts';
import type { AttemptResult } from '../../../core/contract/attempt.ts';
import { acceptResult } from '../../../core/engine/attempt/attempt-callbacks.ts';
import type { Sha } from '../../../core/port/forge.ts';
import type { Bridge } from './bridge.ts';
import { NO_USAGE } from './bridge.ts';

// The final report of a bridge: a true result, or a false result that the engine must reject.

type FailedResult = Extract<AttemptResult, { readonly outcome: 'failed' }>;
/** Mark of a result whose agent changed nothing. */
export type NoChange = NonNullable<DoneResult['noChange']>;
type DoneResult = Extract<AttemptResult, { readonly outcome: 'done' }>;

export function createFailedResult(
  cause: FailedResult['cause'],
  overrides: Partial<FailedResult> = {},
): FailedResult {
  return {
    outcome: 'failed',
    cause,
    reason: `simulated failure: ${cause}`,
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
    uncommitted: [],
    flagged: [],
    usage: { inputTokens: 100, outputTokens: 10, usd: 0.01, turns: 1 },
  };
}

/** Reports finished work; under a fault, the report is false. */
export async function reportDone(
  bridge: Bridge,
  commit: Sha,
  root: Sha,
  changed: string[],
  noChange?: NoChange,
): Promise<void> {
  const { faults, random } = bridge.world;
  const doneResult = createDoneResult(bridge, commit, root, changed);
  const trueResult = noChange === undefined ? doneResult : { ...doneResult, noChange };
  if (!faults.drawFault('bridge_reports_false_result')) return bridge.reportResult(trueResult);
  if (random.chance(0.3))
    return bridge.reportResult(createFailedResult('verify_red'), {
      ...trueResult,
      evidence: { ...trueResult.evidence, green: false },
    });
  return reportFalseResult(bridge, createFalseResult(bridge, trueResult));
}

/** Creates a result whose evidence, or also whose reported commit, is a commit that was never pushed. */
function createFalseResult({ world, assignment }: Bridge, trueResult: DoneResult): DoneResult {
  const { graph } = world.forge.getRepository(assignment.repository.name);
  const commit = graph.add([trueResult.commit], graph.get(trueResult.commit).files).sha;
  const evidence = { ...trueResult.evidence, commit };
  const shouldReplaceCommit = assignment.kind !== 'verify' && world.random.chance(0.5);
  return shouldReplaceCommit ? { ...trueResult, commit, evidence } : { ...trueResult, evidence };
}

/** Reports a false result; after the refusal, the bridge reports a failure of its agent. */
async function reportFalseResult(bridge: Bridge, result: DoneResult): Promise<void> {
  const { world, pod } = bridge;
  try {
    await bridge.callUntilAnswered('result', (deps, key) => acceptResult(deps, key, result));
    world.judge.recordViolation(world, `the false result of attempt ${pod.attemptId} was accepted`);
  } catch (error) {
    if (!isAppError(error)) throw error;
    world.recordHistory(
      `${pod.attemptId} reported a false result and was refused: ${error.message}`,
    );
  }
  bridge.requireActive();
  await bridge.reportResult(createFailedResult('agent'));
}
