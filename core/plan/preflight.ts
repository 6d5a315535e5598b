import type { Notice } from '../contract/plan.ts';
import type { PreflightFinding, RepoName } from '../port/forge.ts';

// What a forge's rules mean for a plan.

const BLOCKING = 'blocking_';
const BLOCKING_LANE = 'blocking_lane_';

/** `at` in epoch milliseconds. */
export function preflightNotice(repo: RepoName, finding: PreflightFinding, at: number): Notice {
  const message = `${repo}: ${finding.message}`;
  if (!finding.blocking)
    return { level: 'warning', code: `preflight_${finding.rule}`, message, at };
  const kind = finding.lane === true ? BLOCKING_LANE : BLOCKING;
  return { level: 'error', code: `${kind}${finding.rule}`, message, at };
}

/** Whether it would stop the plan: a simple one merges nothing itself. */
export function stopsPlan(finding: PreflightFinding, isSimple: boolean): boolean {
  return finding.blocking && !(isSimple && finding.lane === true);
}

/** Without those that say what does not stop a plan of this kind. */
export function relevantNotices(notices: readonly Notice[], isSimple: boolean): Notice[] {
  return notices.filter(({ code }) => !(isSimple && code.startsWith(BLOCKING_LANE)));
}

export function isBlocking({ code }: Notice): boolean {
  return code.startsWith(BLOCKING);
}
