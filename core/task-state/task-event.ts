import type { AttemptKind, Question, Usage } from '../contract/task.ts';
import type { PullRef } from '../port/forge.ts';
import type { Repair, TaskEvidence } from './task-state.ts';

/** What can happen to a task. Those with `n` come from an attempt and are fenced by its number. */
export type TaskEvent =
  | { readonly type: 'dependencies_merged' }
  | {
      readonly type: 'claimed';
      readonly n: number;
      readonly kind: AttemptKind;
      readonly leaseUntil: number;
    }
  | { readonly type: 'bridge_ready'; readonly n: number; readonly leaseUntil: number }
  | { readonly type: 'question_asked'; readonly n: number; readonly question: Question }
  /** Without the question's id: whichever is open. */
  | { readonly type: 'question_answered'; readonly n: number; readonly question?: string }
  | { readonly type: 'checkpointed'; readonly n: number; readonly commit: string }
  /** Pod lost, lease expired, evicted; with what it used, when its bridge says so itself. */
  | {
      readonly type: 'attempt_lost';
      readonly n: number;
      readonly why: string;
      readonly usage?: Usage;
    }
  /** The model, the forge or the cluster refuses for a while; `counts`: what this task asked for, so that it may be to blame. */
  | {
      readonly type: 'attempt_refused';
      readonly n: number;
      readonly until: number;
      readonly why: string;
      readonly usage?: Usage;
      readonly countsAsRefusal?: boolean;
    }
  | {
      readonly type: 'attempt_failed';
      readonly n: number;
      readonly cause: 'agent' | 'limit' | 'verify_red' | 'setup' | 'conflict';
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
    }
  | { readonly type: 'pull_ensured'; readonly pull: PullRef }
  /** The pull request is there and its checks are green (or there are none); `unread`: as far as they may be read. */
  | {
      readonly type: 'pull_green';
      readonly pull: PullRef;
      readonly checksUnreadable?: boolean;
    }
  /** Checks of its pull request have been pending for too long to hold up others, or to be waited for in silence. */
  | { readonly type: 'checks_stuck'; readonly checks: string[] }
  | { readonly type: 'approved' }
  | {
      readonly type: 'changes_requested';
      readonly repair: Repair;
      readonly lastHandledReview?: number;
    }
  /** A rule of the repository forbids it. */
  | { readonly type: 'forge_refused'; readonly rule: string }
  /** A person pushed to the pull request's branch; `pull`: that one, where it was seen there. */
  | {
      readonly type: 'head_moved';
      readonly commit: string;
      readonly root: string;
      readonly pull?: PullRef;
    }
  /** The accepted commit has no evidence of its own. */
  | { readonly type: 'verify_missing' }
  /** The lane needs new evidence on this root. */
  | { readonly type: 'verify_wanted'; readonly root: string }
  | { readonly type: 'merge_seen'; readonly sha: string; readonly root: string }
  | { readonly type: 'pull_closed'; readonly pull?: PullRef }
  | { readonly type: 'pull_reopened' }
  /** A person changed the root branch after the whole was verified. */
  | { readonly type: 'root_moved'; readonly root: string }
  | { readonly type: 'retry' }
  | { readonly type: 'unblock' }
  | { readonly type: 'cancel'; readonly reason: string }
  /** `asked`: a person says that whoever refused is back, before its time has come. */
  | { readonly type: 'unparked'; readonly requestedByPerson?: boolean }
  | { readonly type: 'finish' }
  /** A slot was reserved under this number and never claimed: late claims must fail. */
  | { readonly type: 'number_raised'; readonly n: number }
  | { readonly type: 'pods_gone'; readonly attempts: number[] }
  /** The control plane failed on it in the same way again. */
  | { readonly type: 'faulted'; readonly why: string };

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
