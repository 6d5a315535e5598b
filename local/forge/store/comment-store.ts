import type { CommentRow, PullRow } from './row-schema.ts';
import { commentRow } from './row-schema.ts';
import type { Rows } from './rows.ts';

/** Returns the reviews or comments of a pull request, oldest first. */
export function listComments(rows: Rows, pull: PullRow, kind: CommentRow['kind']): CommentRow[] {
  return rows.list(
    commentRow,
    'select * from comment where repository = :repository and number = :number and kind = :kind order by id',
    { repository: pull.repository, number: pull.number, kind },
  );
}

export function findComment(rows: Rows, pull: PullRow, id: number): CommentRow | undefined {
  return rows.find(
    commentRow,
    'select * from comment where id = :id and repository = :repository and number = :number',
    { id, repository: pull.repository, number: pull.number },
  );
}

/** Columns of a new review or comment; an absent column is empty. */
export type NewComment = Pick<CommentRow, 'kind' | 'author' | 'at'> &
  Partial<Pick<CommentRow, 'body' | 'state' | 'commit_sha' | 'path' | 'line' | 'review'>>;

/** Stores a review or comment, marks the pull request as updated, and returns the id of the new row. */
export function insertComment(rows: Rows, pull: PullRow, comment: NewComment): number {
  const id = rows.insert('comment', {
    repository: pull.repository,
    number: pull.number,
    body: '',
    ...comment,
  });
  rows.update('pull', pull.id, { updated_at: comment.at });
  return id;
}
