/** The fields of a check run or commit status that the rules of checks need. */
export type CheckSummary = {
  readonly kind: 'check' | 'status';
  readonly name: string;
  /** The `state` of a commit status, or the `status` of a check run. */
  readonly status: string;
  readonly conclusion: string | null;
};

/** Returns the last check of each name. `checks` are in the order of creation; the result is in the order of the first check. */
export function selectLatestByName<C extends CheckSummary>(checks: readonly C[]): C[] {
  return [...new Map(checks.map((check) => [check.name, check])).values()];
}

const SUCCESSFUL_CONCLUSIONS = ['success', 'neutral', 'skipped'];

/** Returns the names of the checks and statuses that succeeded; only the last of each name counts. */
export function listSuccessfulChecks(checks: readonly CheckSummary[]): Set<string> {
  const successful = selectLatestByName(checks).filter(({ kind, status, conclusion }) =>
    kind === 'status' ? status === 'success' : SUCCESSFUL_CONCLUSIONS.includes(conclusion ?? ''),
  );
  return new Set(successful.map(({ name }) => name));
}

/** Returns GitHub's combined state; `pending` without statuses. `statuses` has only the last status of each name. */
export function combineStatuses(statuses: readonly CheckSummary[]): string {
  if (statuses.some(({ status }) => status === 'error' || status === 'failure')) return 'failure';
  const isPending = statuses.some(({ status }) => status === 'pending');
  return statuses.length === 0 || isPending ? 'pending' : 'success';
}
