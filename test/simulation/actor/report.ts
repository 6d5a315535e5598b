import type { AttemptResult } from '../../../core/contract/attempt.ts';
import { acceptResult } from '../../../core/engine/attempt/result.ts';
import { isAppError } from '../../../core/error.ts';
import type { Sha } from '../../../core/port/forge.ts';
import { type Bridge, NO_TOKENS } from './bridge.ts';

// What a bridge says in the end: the truth, or nonsense, of which nothing may count.

type Failed = Extract<AttemptResult, { outcome: 'failed' }>;
type Done = Extract<AttemptResult, { outcome: 'done' }>;

export function failed(cause: Failed['cause'], more: Partial<Failed> = {}): Failed {
  return {
    outcome: 'failed',
    cause,
    reason: `it failed: ${cause}`,
    files: [],
    leftOut: [],
    usage: NO_TOKENS,
    ...more,
  };
}

function done(bridge: Bridge, commit: Sha, root: Sha, changed: string[]): Done {
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
  const truth = done(bridge, commit, root, changed);
  if (!faults.happens('agent_lies')) return bridge.report(truth);
  if (random.chance(0.3))
    return bridge.report(failed('verify_red'), {
      ...truth,
      evidence: { ...truth.evidence, green: false },
    });
  return lie(bridge, nonsense(bridge, truth));
}

/** Of a commit that nobody has seen: its evidence alone, or, where a commit is to be pushed, all of it. */
function nonsense({ world, assignment }: Bridge, truth: Done): Done {
  const { graph } = world.forge.repo(assignment.repository.name);
  const commit = graph.add([truth.commit], graph.get(truth.commit).files).sha;
  const evidence = { ...truth.evidence, commit };
  const isWhole = assignment.kind !== 'verify' && world.random.chance(0.5);
  return isWhole ? { ...truth, commit, evidence } : { ...truth, evidence };
}

/** Once it is refused, the bridge says that its agent failed. */
async function lie(bridge: Bridge, said: Done): Promise<void> {
  const { world, pod } = bridge;
  try {
    await bridge.call('result', (deps, key) => acceptResult(deps, key, said));
    world.judge.fail(world, `nonsense of ${pod.attemptId} was answered as accepted`);
  } catch (error) {
    if (!isAppError(error)) throw error;
    world.tell(`${pod.attemptId} told nonsense and was answered ${error.message}`);
  }
  bridge.check();
  await bridge.report(failed('agent'));
}
