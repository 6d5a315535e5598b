import { isAppError } from '../../../core/base/app-error.ts';
import type { AttemptResult } from '../../../core/contract/attempt.ts';
import { acceptResult } from '../../../core/engine/attempt/attempt-callbacks.ts';
import type { Sha } from '../../../core/port/forge.ts';
import type { Bridge } from './bridge.ts';
import { NO_USAGE } from './bridge.ts';

// What a bridge says in the end: the truth, or nonsense, of which nothing may count.

type FailedResult = Extract<AttemptResult, { readonly outcome: 'failed' }>;
type DoneResult = Extract<AttemptResult, { readonly outcome: 'done' }>;

export function createFailedResult(
  cause: FailedResult['cause'],
  more: Partial<FailedResult> = {},
): FailedResult {
  return {
    outcome: 'failed',
    cause,
    reason: `it failed: ${cause}`,
    files: [],
    leftOut: [],
    usage: NO_USAGE,
    ...more,
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
  return reportNonsense(bridge, createNonsenseResult(bridge, truth));
}

/** Of a commit that nobody has seen: its evidence alone, or, where a commit is to be pushed, all of it. */
function createNonsenseResult({ world, assignment }: Bridge, truth: DoneResult): DoneResult {
  const { graph } = world.forge.repo(assignment.repository.name);
  const commit = graph.add([truth.commit], graph.get(truth.commit).files).sha;
  const evidence = { ...truth.evidence, commit };
  const isWhole = assignment.kind !== 'verify' && world.random.chance(0.5);
  return isWhole ? { ...truth, commit, evidence } : { ...truth, evidence };
}

/** Once it is refused, the bridge says that its agent failed. */
async function reportNonsense(bridge: Bridge, said: DoneResult): Promise<void> {
  const { world, pod } = bridge;
  try {
    await bridge.callUntilAnswered('result', (deps, key) => acceptResult(deps, key, said));
    world.judge.recordViolation(world, `nonsense of ${pod.attemptId} was answered as accepted`);
  } catch (error) {
    if (!isAppError(error)) throw error;
    world.recordHistory(`${pod.attemptId} told nonsense and was answered ${error.message}`);
  }
  bridge.requireAlive();
  await bridge.reportResult(createFailedResult('agent'));
}
