import type { Condition } from '../contract/plan.ts';
import type { PreflightFinding, RepoName } from '../port/forge.ts';

// Translates the rules of a forge into conditions of a plan.

const BLOCKING_PREFIX = 'blocking_';
const BLOCKING_QUEUE_PREFIX = 'blocking_lane_';

/** `at` in epoch milliseconds. */
export function createPreflightCondition(
  repo: RepoName,
  finding: PreflightFinding,
  at: number,
): Condition {
  const message = `${repo}: ${finding.message}`;
  if (!finding.blocking)
    return { level: 'warning', code: `preflight_${finding.rule}`, message, at };
  const prefix = finding.rootMergesOnly === true ? BLOCKING_QUEUE_PREFIX : BLOCKING_PREFIX;
  return { level: 'error', code: `${prefix}${finding.rule}`, message, at };
}

/** A rule about the merge queue does not block a simple plan, which merges nothing itself. */
export function blocksPlan(finding: PreflightFinding, isSimple: boolean): boolean {
  return finding.blocking && !(isSimple && finding.rootMergesOnly === true);
}

/** Drops the conditions that do not block a plan of this kind. */
export function selectRelevantConditions(
  conditions: readonly Condition[],
  isSimple: boolean,
): Condition[] {
  return conditions.filter(({ code }) => !(isSimple && code.startsWith(BLOCKING_QUEUE_PREFIX)));
}

export function isBlockingCondition({ code }: Condition): boolean {
  return code.startsWith(BLOCKING_PREFIX);
}
