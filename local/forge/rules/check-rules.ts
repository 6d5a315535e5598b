/** The members of a check run or commit status that its rules read. */
export type CheckSummary = {
  readonly kind: 'check' | 'status';
  readonly name: string;
  /** State of a commit status; status of a check run. */
  readonly status: string;
  readonly conclusion: string | null;
};

/** Returns the last check of each name, in the order of the first. `checks` are in the order of creation. */
export function latestByName<C extends CheckSummary>(checks: readonly C[]): C[] {
  return [...new Map(checks.map((check) => [check.name, check])).values()];
}

const SUCCESSFUL_CONCLUSIONS = ['success', 'neutral', 'skipped'];

/** Returns the names whose last check or status succeeded. */
export function listSuccessfulChecks(checks: readonly CheckSummary[]): Set<string> {
  const successful = latestByName(checks).filter(({ kind, status, conclusion }) =>
    kind === 'status' ? status === 'success' : SUCCESSFUL_CONCLUSIONS.includes(conclusion ?? ''),
  );
  return new Set(successful.map(({ name }) => name));
}

/** Returns GitHub's combined state of the last status of each name. No status at all is `pending`. */
export function combineStatuses(statuses: readonly CheckSummary[]): string {
  if (statuses.some(({ status }) => status === 'error' || status === 'failure')) return 'failure';
  const isPending = statuses.some(({ status }) => status === 'pending');
  return statuses.length === 0 || isPending ? 'pending' : 'success';
}
