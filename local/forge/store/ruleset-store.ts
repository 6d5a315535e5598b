import type { RepositoryRow, RulesetRow } from './row-schema.ts';
import { rulesetRow } from './row-schema.ts';
import type { Rows } from './rows.ts';

/** Returns the rulesets and protections of a repository. */
export function listRulesets(rows: Rows, repository: RepositoryRow): RulesetRow[] {
  return rows.list(rulesetRow, 'select * from ruleset where repository = :repository', {
    repository: repository.id,
  });
}
