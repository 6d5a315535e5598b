import type { Route } from '../../../core/contract/routes/route.ts';
import type { GroupName } from './test-api.ts';
import { GROUPS } from './test-api.ts';

// All routes of the contract. Tests over these rows cover each new route without a change.

/** Route with its id and API. */
export type ContractRow = {
  readonly id: string;
  readonly group: GroupName;
  readonly route: Route;
};

export const ATTEMPT_ID = 'p3k9m2x7abc.r1.add-login.2';

/** Valid value of each path parameter; add a value here for each new name. */
const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  plan: 'p3k9m2x7abc',
  task: 'add-login',
  repository: 'r3k9m2x7abc',
  attempt: ATTEMPT_ID,
  token: 'k3k9m2x7abcde',
  email: 'bob@example.org',
  session: '0123456789abcdefghjkmnpqrs',
};

export const CONTRACT_ROWS: readonly ContractRow[] = [
  ...createRows('api', GROUPS.api),
  ...createRows('attempt', GROUPS.attempt),
  ...createRows('hook', GROUPS.hook),
];

function createRows(group: GroupName, routes: Readonly<Record<string, Route>>): ContractRow[] {
  return Object.entries(routes).map(([id, route]) => ({ id, group, route }));
}

export function findContractRow(id: string): ContractRow {
  const row = CONTRACT_ROWS.find((candidate) => candidate.id === id);
  if (row === undefined) throw new Error(`the contract has no route ${id}`);
  return row;
}

/** Renders the path of a route with valid parameters; `replaced` overrides parameters by name. */
export function renderPath(route: Route, replaced: Readonly<Record<string, string>> = {}): string {
  return route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = replaced[name] ?? PATH_PARAMETERS[name];
    if (value === undefined)
      throw new Error(`add a value of the path parameter {${name}} to PATH_PARAMETERS`);
    return value;
  });
}
