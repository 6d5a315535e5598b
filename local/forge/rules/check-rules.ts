/** The fields of a check run (`check`) or commit status (`status`) that the functions of this file need. */
export type CheckSummary = {
  readonly kind: 'check' | 'status';
  readonly name: string;
  /** The `state` of a commit status, or the `status` of a check run. */
  readonly status: string;
  readonly conclusion: string | null;
};

/** Returns the newest check of each name. `checks` must be in the order of creation. */
export function selectLatestByName<C extends CheckSummary>(checks: readonly C[]): C[] {
  return [...new Map(checks.map((check) => [check.name, check])).values()];
}

const SUCCESSFUL_CONCLUSIONS = ['success', 'neutral', 'skipped'];

/** Returns the names of the checks that succeeded; only the newest check of each name counts. */
export function listSuccessfulChecks(checks: readonly CheckSummary[]): Set<string> {
  const successful = selectLatestByName(checks).filter(({ kind, status, conclusion }) =>
    kind === 'status' ? status === 'success' : SUCCESSFUL_CONCLUSIONS.includes(conclusion ?? ''),
  );
  return new Set(successful.map(({ name }) => name));
}

/** Returns GitHub's combined state of a commit; `pending` without statuses. `statuses` holds the newest status of each name. */
export function combineStatuses(statuses: readonly CheckSummary[]): string {
  if (statuses.some(({ status }) => status === 'error' || status === 'failure')) return 'failure';
  const isPending = statuses.some(({ status }) => status === 'pending');
  return statuses.length === 0 || isPending ? 'pending' : 'success';
}
