import type { Database } from './database.ts';
import type { RepositoryRow, RulesetRow } from './row-schema.ts';
import { rulesetRow } from './row-schema.ts';

/** Returns the rulesets and protections of a repository. */
export function listRulesets(database: Database, repository: RepositoryRow): RulesetRow[] {
  return database.list(rulesetRow, 'select * from ruleset where repository = :repository', {
    repository: repository.id,
  });
}
