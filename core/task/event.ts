import type { AttemptKind, Question, Usage } from '../contract/task.ts';
import type { PullRef } from '../port/forge.ts';
import type { Proof, Repair } from './state.ts';

/** What can happen to a task. Those with `n` come from an attempt and are fenced by its number. */
export type TaskEvent =
  | { type: 'dependencies_merged' }
  | { type: 'claimed'; n: number; kind: AttemptKind; leaseUntil: number }
  | { type: 'bridge_ready'; n: number; leaseUntil: number }
  | { type: 'question_asked'; n: number; question: Question }
  /** Without the question's id: whichever is open. */
  | { type: 'question_answered'; n: number; question?: string }
  | { type: 'checkpointed'; n: number; commit: string }
  /** Pod lost, lease expired, evicted; with what it used, when its bridge says so itself. */
  | { type: 'attempt_lost'; n: number; why: string; usage?: Usage }
  /** The model, the forge or the cluster refuses for a while; `counts`: what this task asked for, so that it may be to blame. */
  | {
      type: 'attempt_refused';
      n: number;
      until: number;
      why: string;
      usage?: Usage;
      counts?: boolean;
    }
  | {
      type: 'attempt_failed';
      n: number;
      cause: 'agent' | 'limit' | 'verify_red' | 'setup' | 'conflict';
      why: string;
      files: string[];
      usage: Usage;
      leftOut: boolean;
    }
  | { type: 'result_accepted'; n: number; commit: string; proof: Proof; usage: Usage }
  | { type: 'pull_ensured'; pull: PullRef }
  /** The pull request is there and its checks are green (or there are none); `unread`: as far as they may be read. */
  | {
      type: 'pull_green';
      pull: PullRef;
      unread?: boolean;
    }
  /** Checks of its pull request have been pending for too long to hold up others, or to be waited for in silence. */
  | { type: 'checks_stuck'; checks: string[] }
  | { type: 'approved' }
  | { type: 'changes_requested'; repair: Repair; reviewSeen?: number }
  /** A rule of the repository forbids it. */
  | { type: 'forge_refused'; rule: string }
  /** A person pushed to the pull request's branch; `pull`: that one, where it was seen there. */
  | {
      type: 'head_moved';
      commit: string;
      root: string;
      pull?: PullRef;
    }
  /** The accepted commit has no evidence of its own. */
  | { type: 'verify_missing' }
  /** The lane needs new evidence on this root. */
  | { type: 'verify_wanted'; root: string }
  | { type: 'merge_seen'; sha: string; root: string }
  | { type: 'pull_closed'; pull?: PullRef }
  | { type: 'pull_reopened' }
  /** A person changed the root branch after the whole was verified. */
  | { type: 'root_moved'; root: string }
  | { type: 'retry' }
  | { type: 'unblock' }
  | { type: 'cancel'; reason: string }
  /** `asked`: a person says that whoever refused is back, before its time has come. */
  | { type: 'unparked'; asked?: boolean }
  | { type: 'finish' }
  /** A slot was reserved under this number and never claimed: late claims must fail. */
  | { type: 'number_raised'; n: number }
  | { type: 'pods_gone'; ns: number[] }
  /** The control plane failed on it in the same way again. */
  | { type: 'faulted'; why: string };

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
