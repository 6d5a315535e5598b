import type { ForgeContext } from '../forge-context.ts';
import { isoSeconds } from '../git/read-commit.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { repositoryUrl, wireRepository } from './repository.ts';
import { authorAssociation, wireUser } from './user.ts';

export function pullNodeId(pull: PullRow): string {
  return `PR_${pull.id}`;
}

export function pullPageUrl(context: ForgeContext, repository: RepositoryRow, number: number) {
  return `${context.urls.base}/${repository.name}/pull/${number}`;
}

/** As in lists: without what only a single one tells. */
export function wirePull(context: ForgeContext, repository: RepositoryRow, pull: PullRow) {
  const api = `${repositoryUrl(context, repository)}/pulls/${pull.number}`;
  return {
    id: pull.id,
    node_id: pullNodeId(pull),
    number: pull.number,
    url: api,
    html_url: pullPageUrl(context, repository, pull.number),
    state: pull.state,
    locked: false,
    title: pull.title,
    body: pull.body === '' ? null : pull.body,
    user: wireUser(context, pull.author),
    author_association: authorAssociation(context, repository, pull.author),
    draft: pull.draft,
    labels: pull.labels.map(wireLabel),
    head: wireSide(context, repository, pull.head, pull.head_sha),
    base: wireSide(context, repository, pull.base, pull.base_sha),
    merge_commit_sha: pull.merge_sha,
    created_at: isoSeconds(pull.created_at),
    updated_at: isoSeconds(pull.updated_at),
    closed_at: pull.closed_at === null ? null : isoSeconds(pull.closed_at),
    merged_at: pull.merged_at === null ? null : isoSeconds(pull.merged_at),
  };
}

export function wireOnePull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  mergeable: boolean | null,
) {
  return {
    ...wirePull(context, repository, pull),
    merged: pull.merged_at !== null,
    merged_by: pull.merged_by === null ? null : wireUser(context, pull.merged_by),
    mergeable,
    mergeable_state: mergeableState(pull, mergeable),
  };
}

function mergeableState(pull: PullRow, mergeable: boolean | null): string {
  if (mergeable === null) return 'unknown';
  if (!mergeable) return 'dirty';
  return pull.draft ? 'draft' : 'clean';
}

function wireSide(context: ForgeContext, repository: RepositoryRow, branch: string, sha: string) {
  const owner = repository.name.split('/')[0] ?? '';
  return {
    label: `${owner}:${branch}`,
    ref: branch,
    sha,
    user: wireUser(context, owner),
    repo: wireRepository(context, repository),
  };
}

export function wireLabel(name: string) {
  return { id: 1, node_id: 'LA_1', name, color: 'ededed', default: false, description: null };
}
