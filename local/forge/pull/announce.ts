import type { ForgeContext } from '../forge-context.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { toPullDetailJson } from '../wire/pull.ts';
import { toRepositoryJson } from '../wire/repository.ts';
import { toUserJson } from '../wire/user.ts';

/**
 * Sends a webhook event about a repository. `event` is GitHub's name, such as `push`; `login` is the account that caused the
 * event.
 */
export function announceEvent(
  context: ForgeContext,
  repository: RepositoryRow,
  event: string,
  payload: Readonly<Record<string, unknown>>,
  login: string,
): void {
  context.webhooks.send(event, {
    ...payload,
    repository: toRepositoryJson(context, repository),
    sender: toUserJson(context, login),
    installation: { id: 1, node_id: 'I_1' },
  });
}

/** Sends a `pull_request` event with an action such as `opened`. */
export function announcePull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  action: string,
  login: string,
): void {
  const payload = {
    action,
    number: pull.number,
    pull_request: toPullDetailJson(context, repository, pull, null),
  };
  announceEvent(context, repository, 'pull_request', payload, login);
}
