import type { Route } from '../../../core/contract/route.ts';
import type { GroupName } from './test-api.ts';
import { GROUPS } from './test-api.ts';

// The rows of the contract as they are: what is tested over these covers a new one by its being there.

export type ContractRow = {
  readonly id: string;
  readonly group: GroupName;
  readonly route: Route;
};

export const ATTEMPT = 'p3k9m2x7abc.r1.add-login.2';

/** A good value for each path parameter: a new name belongs here. */
const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  plan: 'p3k9m2x7abc',
  task: 'add-login',
  repository: 'r3k9m2x7abc',
  attempt: ATTEMPT,
  token: 'k3k9m2x7abcde',
  email: 'bob@example.org',
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
  const row = CONTRACT_ROWS.find((one) => one.id === id);
  if (row === undefined) throw new Error(`there is no route ${id}`);
  return row;
}

/** Its path with good values, except for those that are replaced. */
export function renderPath(route: Route, replaced: Readonly<Record<string, string>> = {}): string {
  return route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = replaced[name] ?? PATH_PARAMETERS[name];
    if (value === undefined) throw new Error(`add an example of {${name}} to PARAMS`);
    return value;
  });
}
