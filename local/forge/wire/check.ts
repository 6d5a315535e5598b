import type { ForgeContext } from '../forge-context.ts';
import { toIsoSeconds } from '../git/read-commit.ts';
import type { CheckRow, RepositoryRow } from '../store/row-schema.ts';
import { pullRow } from '../store/row-schema.ts';
import { toUserJson } from './user.ts';

export function toCheckRunJson(context: ForgeContext, repository: RepositoryRow, check: CheckRow) {
  const pulls = context.database.list(
    pullRow,
    "select * from pull where repository = :repository and head_sha = :sha and state = 'open'",
    { repository: repository.id, sha: check.sha },
  );
  return {
    id: check.id,
    node_id: `CR_${check.id}`,
    name: check.name,
    head_sha: check.sha,
    status: check.status,
    conclusion: check.conclusion,
    details_url: check.url,
    html_url: check.url,
    started_at: toIsoSeconds(check.started_at),
    completed_at: check.completed_at === null ? null : toIsoSeconds(check.completed_at),
    output: { title: check.title, summary: check.summary, text: null, annotations_count: 0 },
    check_suite: { id: check.id, head_branch: pulls[0]?.head ?? null, head_sha: check.sha },
    pull_requests: pulls.map((pull) => ({
      id: pull.id,
      number: pull.number,
      head: { ref: pull.head, sha: pull.head_sha },
      base: { ref: pull.base, sha: pull.base_sha },
    })),
  };
}

export function toStatusJson(context: ForgeContext, status: CheckRow) {
  return {
    id: status.id,
    node_id: `ST_${status.id}`,
    state: status.status,
    context: status.name,
    description: status.summary,
    target_url: status.url,
    creator: toUserJson(context, status.author),
    created_at: toIsoSeconds(status.started_at),
    updated_at: toIsoSeconds(status.started_at),
  };
}
