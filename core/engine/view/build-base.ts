import type { BaseView, Condition } from '../../contract/plan.ts';
import type { Waiting } from '../../contract/waiting.ts';
import type { BaseState, PlanState } from '../../plan-state/plan-state.ts';
import { findBaseState, listBlockingBases } from '../../plan-state/plan-state.ts';

// Builds what clients read about the verification of base commits.

/** Number of characters of a commit id in a message. */
const SHORT_SHA = 12;

/** Returns the verification of each explored repository's base commit. */
export function buildBaseViews(plan: PlanState): BaseView[] {
  const { stage } = plan.planning;
  if (stage === 'queued' || stage === 'explore') return [];
  return plan.repositories.flatMap((repository): BaseView[] => {
    const { name: repo, baseSha: commit } = repository;
    const entry = findBaseState(plan, repository);
    if (entry !== undefined)
      return [{ repo, commit, status: entry.status, reason: entry.reason, check: entry.check }];
    return repository.verify.length === 0 ? [{ repo, commit, status: 'none' }] : [];
  });
}

/** Returns a warning for each red base commit that holds tasks back or was accepted, and for each check that could not run. */
export function buildBaseConditions(plan: PlanState, now: number): Condition[] {
  const red = plan.base?.filter(({ status }) => status === 'red') ?? [];
  const unknown = plan.base?.filter(({ status }) => status === 'unknown') ?? [];
  return [
    ...buildCondition('base_red', red, now, 'Verification fails before any change'),
    ...buildCondition('base_unknown', unknown, now, 'The base commit could not be verified'),
  ];
}

function buildCondition(
  code: string,
  entries: readonly BaseState[],
  now: number,
  problem: string,
): Condition[] {
  if (entries.length === 0) return [];
  const details = entries.map(
    ({ repo, commit, reason }) =>
      `${repo} at ${commit.slice(0, SHORT_SHA)} (${readFirstLine(reason)})`,
  );
  return [{ level: 'warning', code, message: `${problem}: ${details.join(', ')}.`, at: now }];
}

function readFirstLine(text = 'no reason is known'): string {
  return text.trim().split('\n')[0] ?? '';
}

/** Returns the waiting items for the red base commits of a plan, and for an active plan also for the unfinished checks. */
export function buildBaseWaiting(
  plan: PlanState,
  toReasonLine: (text: string | undefined) => string | undefined,
): Waiting[] {
  return listBlockingBases(plan).flatMap((entry): Waiting[] => {
    const { repo, commit, check, status, reason } = entry;
    const common = { plan: plan.id, repo, commit, check };
    if (status !== 'red')
      return plan.status === 'active'
        ? [{ kind: 'base_checking', ...common, actions: ['continue'] }]
        : [];
    const canRestart = plan.status === 'active';
    return [
      {
        kind: 'base_red',
        ...common,
        reason: toReasonLine(reason),
        actions: [
          'continue',
          'verify_again',
          ...(canRestart ? (['restart'] as const) : []),
          'cancel',
        ],
      },
    ];
  });
}
