import type { ForgeContext } from '../forge-context.ts';
import { toIsoSeconds } from '../git/read-commit.ts';
import { toMergeableState } from '../rules/merge-rules.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { toRepositoryApiUrl, toRepositoryJson } from './repository.ts';
import { findAuthorAssociation, toUserJson } from './user.ts';

/** Returns the GraphQL id of a pull request. */
export function toPullNodeId(pull: PullRow): string {
  return `PR_${pull.id}`;
}

export function toPullPageUrl(context: ForgeContext, repository: RepositoryRow, number: number) {
  return `${context.urls.base}/${repository.name}/pull/${number}`;
}

/** Returns a pull request with the fields that GitHub sends in a list. */
export function toPullJson(context: ForgeContext, repository: RepositoryRow, pull: PullRow) {
  const api = `${toRepositoryApiUrl(context, repository)}/pulls/${pull.number}`;
  return {
    id: pull.id,
    node_id: toPullNodeId(pull),
    number: pull.number,
    url: api,
    html_url: toPullPageUrl(context, repository, pull.number),
    state: pull.state,
    locked: false,
    title: pull.title,
    body: pull.body === '' ? null : pull.body,
    user: toUserJson(context, pull.author),
    author_association: findAuthorAssociation(context, repository, pull.author),
    draft: pull.draft,
    labels: pull.labels.map(toLabelJson),
    head: toBranchJson(context, repository, pull.head, pull.head_sha),
    base: toBranchJson(context, repository, pull.base, pull.base_sha),
    merge_commit_sha: pull.merge_sha,
    created_at: toIsoSeconds(pull.created_at),
    updated_at: toIsoSeconds(pull.updated_at),
    closed_at: pull.closed_at === null ? null : toIsoSeconds(pull.closed_at),
    merged_at: pull.merged_at === null ? null : toIsoSeconds(pull.merged_at),
  };
}

/**
 * Returns a pull request with the additional fields that GitHub sends for a single pull request. `mergeable` null: not known
 * yet.
 */
export function toPullDetailJson(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  mergeable: boolean | null,
) {
  return {
    ...toPullJson(context, repository, pull),
    merged: pull.merged_at !== null,
    merged_by: pull.merged_by === null ? null : toUserJson(context, pull.merged_by),
    mergeable,
    mergeable_state: toMergeableState(pull.draft, mergeable),
  };
}

function toBranchJson(
  context: ForgeContext,
  repository: RepositoryRow,
  branch: string,
  sha: string,
) {
  const owner = repository.name.split('/')[0] ?? '';
  return {
    label: `${owner}:${branch}`,
    ref: branch,
    sha,
    user: toUserJson(context, owner),
    repo: toRepositoryJson(context, repository),
  };
}

export function toLabelJson(name: string) {
  return { id: 1, node_id: 'LA_1', name, color: 'ededed', default: false, description: null };
}
