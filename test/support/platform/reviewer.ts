import type { TaskView } from '../../../core/contract/task.ts';
import { waitUntil } from '../wait-until.ts';
import type { PlatformEndpoints } from './platform-endpoints.ts';

// A person who works only at the forge.

/** Action of a reviewer at a pull request. */
export type ReviewAction = 'approve' | 'request-changes' | 'close' | 'reopen' | 'merge';

/** Person who reviews pull requests at the forge. */
export type Reviewer = {
  approvePull(repo: string, pull: number): Promise<void>;
  /**
   * Returns a function that performs the next action of each task whose status allows the action. The actions of a task run in
   * the listed order; a task without a list is approved. Call the function repeatedly with the current tasks.
   */
  followTasks(
    repo: string,
    actions: Readonly<Record<string, readonly ReviewAction[]>>,
  ): (tasks: readonly TaskView[]) => Promise<void>;
};

/** Creates a reviewer. `changes`: text of the change request, by task id. */
export async function createReviewer(
  platform: Pick<PlatformEndpoints, 'forge' | 'createPerson'>,
  login: string,
  changes: Readonly<Record<string, string>>,
): Promise<Reviewer> {
  const token = await platform.createPerson(login);

  const callForge = (method: string, path: string, body: object) =>
    callForgeAs(platform, token, method, path, body);

  function performAction(kind: ReviewAction, pull: string, task: string): Promise<void> {
    switch (kind) {
      case 'approve':
        return callForge('POST', `${pull}/reviews`, { event: 'APPROVE', body: 'Good.' });
      case 'request-changes':
        return callForge('POST', `${pull}/reviews`, {
          event: 'REQUEST_CHANGES',
          body: changes[task],
        });
      case 'close':
        return callForge('PATCH', pull, { state: 'closed' });
      case 'reopen':
        return callForge('PATCH', pull, { state: 'open' });
      case 'merge':
        return callForge('PUT', `${pull}/merge`, {});
      default:
        return kind satisfies never;
    }
  }

  return {
    approvePull: (repo, pull) => performAction('approve', `${repo}/pulls/${pull}`, ''),
    followTasks(repo, actions) {
      const progressByTask = new Map<
        string,
        { readonly count: number; readonly attempt: number }
      >();
      return async (tasks) => {
        for (const { id, status, attempt, pullRequest } of tasks) {
          const progress = progressByTask.get(id) ?? { count: 0, attempt: 0 };
          const action = (actions[id] ?? ['approve'])[progress.count];
          if (action === undefined || pullRequest === undefined) continue;
          if (status !== (action === 'reopen' ? 'failed' : 'in_review')) continue;
          // A change request starts another attempt. The next action must wait for that attempt.
          const previous = (actions[id] ?? [])[progress.count - 1];
          if (previous === 'request-changes' && attempt === progress.attempt) continue;
          await performAction(action, `${repo}/pulls/${pullRequest.number}`, id);
          progressByTask.set(id, { count: progress.count + 1, attempt });
        }
      };
    },
  };
}

async function callForgeAs(
  platform: Pick<PlatformEndpoints, 'forge'>,
  token: string,
  method: string,
  path: string,
  body: object,
): Promise<void> {
  // The forge answers "try the merge again" while the base branch is moving.
  await waitUntil(`${method} ${path}`, async () => {
    const answer = await platform.forge(method, `/api/v3/repos/${path}`, body, token);
    const description = `${answer.status} ${JSON.stringify(answer.body)}`;
    if (answer.status === 405 && description.includes('try the merge again')) return false;
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${description}`);
    return true;
  });
}
