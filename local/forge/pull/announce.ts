import type { ForgeContext } from '../forge-context.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { wireOnePull } from '../wire/pull.ts';
import { wireRepository } from '../wire/repository.ts';
import { wireUser } from '../wire/user.ts';

/** Sends a webhook about a repository. */
export function announce(
  context: ForgeContext,
  repository: RepositoryRow,
  event: string,
  payload: Readonly<Record<string, unknown>>,
  login = 'ghost',
): void {
  context.webhooks.send(event, {
    ...payload,
    repository: wireRepository(context, repository),
    sender: wireUser(context, login),
    installation: { id: 1, node_id: 'I_1' },
  });
}

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
    pull_request: wireOnePull(context, repository, pull, null),
  };
  announce(context, repository, 'pull_request', payload, login);
}
