import { loadAttempt, putMessage } from '../store/task-detail.ts';
import { countMessage, type StoredTask, taskKeyOf } from '../store/task-store.ts';
import { requirePlan } from './apply-plan.ts';
import { applyTask } from './apply-task.ts';
import type { EngineDeps } from './deps.ts';
import { type Driven, MOVED, restOf } from './drive-task.ts';
import { launch } from './launch.ts';

/** Whether the live attempt still lives. Its lease only says when to look: the number fences. */
export async function checkLease(deps: EngineDeps, task: StoredTask): Promise<Driven> {
  const current = task.state.current;
  if (current === undefined) return restOf(task);
  const now = deps.clock.now();
  const key = { ...taskKeyOf(task.state), n: current.n };
  if (current.phase === 'claimed') {
    if (current.leaseUntil <= now)
      return lose(deps, task, 'its bridge did not call within the launch time');
    const plan = await requirePlan(deps, key.plan);
    const launched = await launch(deps, plan.state, task);
    return launched ? { kind: 'rest', dueAt: current.leaseUntil } : MOVED;
  }
  if (task.state.question !== undefined && task.state.question.timeoutAt <= now)
    return answerByDefault(deps, task);
  const record = await loadAttempt(deps.table, key);
  const leaseUntil = record?.leaseUntil ?? current.leaseUntil;
  if (leaseUntil <= now)
    return lose(
      deps,
      task,
      `nothing was heard of it for ${Math.round(deps.settings.leaseMs / 1_000)} s`,
    );
  const asked = task.state.question?.timeoutAt ?? Number.POSITIVE_INFINITY;
  return { kind: 'rest', dueAt: Math.min(leaseUntil, asked) };
}

async function lose(deps: EngineDeps, task: StoredTask, why: string): Promise<Driven> {
  const n = task.state.current?.n ?? 0;
  await applyTask(
    deps,
    taskKeyOf(task.state),
    { type: 'attempt_lost', n, why },
    { actor: 'engine', loaded: task },
  );
  return MOVED;
}

async function answerByDefault(deps: EngineDeps, task: StoredTask): Promise<Driven> {
  const { question, current } = task.state;
  if (question === undefined || current === undefined) return restOf(task);
  const key = taskKeyOf(task.state);
  const n = task.messages + 1;
  await putMessage(deps.table, key, {
    n,
    author: 'timeout',
    text: question.default,
    at: deps.clock.now(),
    answers: question.id,
  });
  await countMessage(deps.table, key, n);
  await applyTask(
    deps,
    key,
    { type: 'question_answered', n: current.n },
    { actor: 'timeout', loaded: task },
  );
  return MOVED;
}
