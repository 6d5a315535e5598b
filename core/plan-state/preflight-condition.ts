import type { Condition } from '../contract/plan.ts';
import type { PreflightFinding, RepoName } from '../port/forge.ts';

// Converts preflight findings, which are rules of the forge, into conditions of a plan.

// Prefixes of stored condition codes: of every blocking finding, and of a finding that only concerns merges into the root branch.
const BLOCKING_PREFIX = 'blocking_';
const BLOCKING_ROOT_MERGES_PREFIX = 'blocking_lane_';

/** Creates the condition for a finding in `repo`; `at` in epoch milliseconds. */
export function createPreflightCondition(
  repo: RepoName,
  finding: PreflightFinding,
  at: number,
): Condition {
  const message = `${repo}: ${finding.message}`;
  if (!finding.blocking)
    return { level: 'warning', code: `preflight_${finding.rule}`, message, at };
  const prefix =
    finding.concernsOnlyRootMerges === true ? BLOCKING_ROOT_MERGES_PREFIX : BLOCKING_PREFIX;
  return { level: 'error', code: `${prefix}${finding.rule}`, message, at };
}

/** Returns true if a finding blocks a plan. A rule about root merges does not block a simple plan, which has no merge queue. */
export function blocksPlan(finding: PreflightFinding, isSimple: boolean): boolean {
  return finding.blocking && !(isSimple && finding.concernsOnlyRootMerges === true);
}

/** Removes conditions about root merges from a simple plan. */
export function selectRelevantConditions(
  conditions: readonly Condition[],
  isSimple: boolean,
): Condition[] {
  return conditions.filter(
    ({ code }) => !(isSimple && code.startsWith(BLOCKING_ROOT_MERGES_PREFIX)),
  );
}

export function isBlockingCondition({ code }: Condition): boolean {
  return code.startsWith(BLOCKING_PREFIX);
}
