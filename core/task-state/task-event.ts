import type { FlagSummary, Uncommitted } from '../contract/flag.ts';
import type { AttemptKind, Question, Usage } from '../contract/task.ts';
import type { PullRef } from '../port/forge.ts';
import type { Repair, TaskEvidence } from './task-state.ts';

/** Event of a task. `n` is the number of the attempt behind the event; an event of an ended attempt is rejected as stale. */
export type TaskEvent =
  | { readonly type: 'dependencies_merged' }
  | {
      readonly type: 'claimed';
      readonly n: number;
      readonly kind: AttemptKind;
      readonly leaseUntil: number;
    }
  | {
      readonly type: 'bridge_ready';
      readonly n: number;
      readonly leaseUntil: number;
      readonly isBudgeted?: boolean;
    }
  | { readonly type: 'question_asked'; readonly n: number; readonly question: Question }
  /** A person answered, or the timeout of the question passed. Without `question`, the answer is for the open question. */
  | { readonly type: 'question_answered'; readonly n: number; readonly question?: string }
  | { readonly type: 'checkpointed'; readonly n: number; readonly commit: string }
  /**
   * The pod was lost or evicted, or the lease expired; `usage` is present if the bridge reported the loss. `isFault`: the bridge or the
   * launcher reported the reason, so an equal reason is the same fault again.
   */
  | {
      readonly type: 'attempt_lost';
      readonly n: number;
      readonly why: string;
      readonly usage?: Usage;
      readonly isFault?: boolean;
    }
  /**
   * The model, the forge or the cluster pauses until `until`, epoch milliseconds; `countsAsRefusal` if the task may be the cause.
   * `isBudgetUsed`: the budget of the plan is used up, so the task waits for the scheduler and not for a time.
   */
  | {
      readonly type: 'attempt_refused';
      readonly n: number;
      readonly until: number;
      readonly why: string;
      readonly usage?: Usage;
      readonly countsAsRefusal?: boolean;
      readonly isBudgetUsed?: boolean;
    }
  /** The attempt ended with a failure; `leftOut` if its commit omits changes within the scope of another task. */
  | {
      readonly type: 'attempt_failed';
      readonly n: number;
      readonly cause:
        | 'agent'
        | 'agent_missing'
        | 'repository'
        | 'limit'
        | 'verify_red'
        | 'setup'
        | 'conflict';
      readonly why: string;
      readonly files: string[];
      readonly usage: Usage;
      readonly leftOut: boolean;
    }
  | {
      readonly type: 'result_accepted';
      readonly n: number;
      readonly commit: string;
      readonly evidence: TaskEvidence;
      readonly usage: Usage;
      /** Present if the agent changed nothing: in the whole task, or in a repair of its pull request. */
      readonly noChange?: 'task' | 'repair';
      /** Flags of the committed paths; absent if no path is flagged. */
      readonly flags?: FlagSummary;
      readonly uncommitted?: readonly Uncommitted[];
    }
  | { readonly type: 'pull_ensured'; readonly pull: PullRef }
  /** The pull request exists with green or no checks; `checksUnreadable` if the credential cannot read all checks. */
  | {
      readonly type: 'pull_green';
      readonly pull: PullRef;
      readonly checksUnreadable?: boolean;
    }
  /** Checks of the pull request have been pending for too long. */
  | { readonly type: 'checks_stuck'; readonly checks: string[] }
  /** A person approved the pull request; with `commit`, only exactly this commit. */
  | { readonly type: 'approved'; readonly commit?: string }
  | {
      readonly type: 'changes_requested';
      readonly repair: Repair;
      readonly lastHandledReview?: number;
    }
  /** The forge refuses the next step; `reason` explains the refusal to people. */
  | { readonly type: 'forge_refused'; readonly reason: string }
  /** A person pushed to the branch of the pull request `pull`. */
  | {
      readonly type: 'head_moved';
      readonly commit: string;
      readonly root: string;
      readonly pull?: PullRef;
    }
  /** The accepted commit has no evidence. */
  | { readonly type: 'verify_missing' }
  /** The merge queue needs new evidence with this root commit. */
  | { readonly type: 'verify_wanted'; readonly root: string }
  /**
   * The forge reports the merge of the pull request as commit `sha`; an `end` node is verified again with the root commit `root`.
   */
  | { readonly type: 'merge_seen'; readonly sha: string; readonly root: string }
  | { readonly type: 'pull_closed'; readonly pull?: PullRef }
  | { readonly type: 'pull_reopened' }
  /** A person changed the root branch after its verification. */
  | { readonly type: 'root_moved'; readonly root: string }
  | { readonly type: 'retry' }
  | { readonly type: 'unblock' }
  | { readonly type: 'cancel'; readonly reason: string }
  /** The pause is over; `requestedByPerson` ends the pause before its time. */
  | { readonly type: 'unparked'; readonly requestedByPerson?: boolean }
  /** A person asked an interactive session to finish. */
  | { readonly type: 'finish' }
  /** The slot for attempt `n` will be freed without a claim; a late claim with number `n` must fail. */
  | { readonly type: 'number_raised'; readonly n: number }
  /** The pods of the listed attempts no longer exist. */
  | { readonly type: 'pods_gone'; readonly attempts: number[] }
  /** A step of the control plane failed. */
  | { readonly type: 'faulted'; readonly why: string };

/** Type of a task event. */
export type TaskEventType = TaskEvent['type'];

export const TASK_EVENT_TYPES = [
  'dependencies_merged',
  'claimed',
  'bridge_ready',
  'question_asked',
  'question_answered',
  'checkpointed',
  'attempt_lost',
  'attempt_refused',
  'attempt_failed',
  'result_accepted',
  'pull_ensured',
  'pull_green',
  'checks_stuck',
  'approved',
  'changes_requested',
  'forge_refused',
  'head_moved',
  'verify_missing',
  'verify_wanted',
  'merge_seen',
  'pull_closed',
  'pull_reopened',
  'root_moved',
  'retry',
  'unblock',
  'cancel',
  'unparked',
  'finish',
  'number_raised',
  'pods_gone',
  'faulted',
] as const satisfies readonly TaskEventType[];
