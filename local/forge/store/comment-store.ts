import type { Database } from './database.ts';
import type { CommentRow, PullRow } from './row-schema.ts';
import { commentRow } from './row-schema.ts';

/** Returns the reviews or comments of one kind on a pull request, oldest first. */
export function listComments(
  database: Database,
  pull: PullRow,
  kind: CommentRow['kind'],
): CommentRow[] {
  return database.list(
    commentRow,
    'select * from comment where repository = :repository and number = :number and kind = :kind order by id',
    { repository: pull.repository, number: pull.number, kind },
  );
}

export function findComment(database: Database, pull: PullRow, id: number): CommentRow | undefined {
  return database.find(
    commentRow,
    'select * from comment where id = :id and repository = :repository and number = :number',
    { id, repository: pull.repository, number: pull.number },
  );
}

/** Columns of a new review or comment. An absent `body` becomes empty text; any other absent column becomes null. */
export type NewComment = Pick<CommentRow, 'kind' | 'author' | 'at'> &
  Partial<Pick<CommentRow, 'body' | 'state' | 'commit_sha' | 'path' | 'line' | 'review'>>;

/** Stores a review or comment, sets `updated_at` of the pull request, and returns the id of the review or comment. */
export function insertComment(database: Database, pull: PullRow, comment: NewComment): number {
  const id = database.insert('comment', {
    repository: pull.repository,
    number: pull.number,
    body: '',
    ...comment,
  });
  database.update('pull', pull.id, { updated_at: comment.at });
  return id;
}
