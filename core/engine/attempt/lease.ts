import { BY_TIMEOUT } from '../../contract/attempt.ts';
import { loadAttempt } from '../../store/task-detail.ts';
import { type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import { requirePlan } from '../apply-plan.ts';
import type { EngineDeps } from '../deps.ts';
import { type Driven, MOVED, restOf } from '../task/driven.ts';
import { launch } from './launch.ts';
import { loseAttempt } from './lose-attempt.ts';
import { say } from './message.ts';

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
  await loseAttempt(deps, task, why, 'engine');
  return MOVED;
}

async function answerByDefault(deps: EngineDeps, task: StoredTask): Promise<Driven> {
  const { question, current } = task.state;
  if (question === undefined || current === undefined) return restOf(task);
  await say(deps, task, {
    id: `default of ${question.id}`,
    author: BY_TIMEOUT,
    text: question.default,
    answers: question.id,
  });
  return MOVED;
}
