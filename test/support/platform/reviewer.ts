import type { TaskView } from '../../../core/contract/task.ts';
import { waitUntil } from '../wait-until.ts';
import type { PlatformEndpoints } from './platform-endpoints.ts';

// A person who works at the forge alone.

export type ReviewAction = 'approve' | 'request-changes' | 'close' | 'reopen' | 'merge';

export type Reviewer = {
  approvePulls(repo: string, pull: number): Promise<void>;
  /**
   * Does for each task what is listed, each act once and when its turn has come; a task that is not listed is approved. To be
   * called with the tasks as they are, again and again.
   */
  followTasks(
    repo: string,
    acts: Readonly<Record<string, readonly ReviewAction[]>>,
  ): (tasks: readonly TaskView[]) => Promise<void>;
};

/** `changes`: what is asked for, by task. */
export async function createReviewer(
  platform: Pick<PlatformEndpoints, 'forge' | 'person'>,
  login: string,
  changes: Readonly<Record<string, string>>,
): Promise<Reviewer> {
  const token = await platform.person(login);

  async function ask(method: string, path: string, body: object): Promise<void> {
    // "Try the merge again", says a forge whose base branch is just being moved.
    await waitUntil(`${method} ${path}`, async () => {
      const answer = await platform.forge(method, `/api/v3/repos/${path}`, body, token);
      const said = `${answer.status} ${JSON.stringify(answer.body)}`;
      if (answer.status === 405 && said.includes('try the merge again')) return false;
      if (answer.status !== 200) throw new Error(`${method} ${path}: ${said}`);
      return true;
    });
  }

  function act(kind: ReviewAction, pull: string, task: string): Promise<void> {
    switch (kind) {
      case 'approve':
        return ask('POST', `${pull}/reviews`, { event: 'APPROVE', body: 'Good.' });
      case 'request-changes':
        return ask('POST', `${pull}/reviews`, { event: 'REQUEST_CHANGES', body: changes[task] });
      case 'close':
        return ask('PATCH', pull, { state: 'closed' });
      case 'reopen':
        return ask('PATCH', pull, { state: 'open' });
      case 'merge':
        return ask('PUT', `${pull}/merge`, {});
      default:
        return kind satisfies never;
    }
  }

  return {
    approvePulls: (repo, pull) => act('approve', `${repo}/pulls/${pull}`, ''),
    followTasks(repo, acts) {
      const done = new Map<string, { readonly count: number; readonly attempt: number }>();
      return async (tasks) => {
        for (const { id, status, attempt, pullRequest } of tasks) {
          const before = done.get(id) ?? { count: 0, attempt: 0 };
          const next = (acts[id] ?? ['approve'])[before.count];
          if (next === undefined || pullRequest === undefined) continue;
          if (status !== (next === 'reopen' ? 'failed' : 'in_review')) continue;
          // What it asked for is not there before another attempt.
          const last = (acts[id] ?? [])[before.count - 1];
          if (last === 'request-changes' && attempt === before.attempt) continue;
          await act(next, `${repo}/pulls/${pullRequest.number}`, id);
          done.set(id, { count: before.count + 1, attempt });
        }
      };
    },
  };
}
