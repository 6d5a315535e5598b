import type { Repository } from '../../contract/repository.ts';
import { isAppError } from '../../error.ts';
import type { PlanRepository } from '../../lifecycle/plan-state.ts';
import type { PullRequest } from '../../port/forge.ts';
import type { Item } from '../../port/table.ts';
import { decode, encode, numberOf } from '../../store/document.ts';
import { ACTIVE_PLANS, KEY, OPEN_PLANS } from '../../store/key.ts';
import { readPlan } from '../../store/plan-store.ts';
import type { EngineDeps } from '../deps.ts';
import { inParallel } from '../in-parallel.ts';
import { forgeChanged } from '../task/forge-changed.ts';

// Webhooks may be late, lost or unable to reach us: each repository with open work is asked what changed. The cursor passes
// only what was acted upon, so that nothing a person did is lost with a message.

/** The forge's clock may be behind, and it may list a change late. */
const OVERLAP_MS = 60_000;
/** A change within the same second as the one before carries the same time: each is looked at again a minute later. */
const LOOKS = 2;
const AT_ONCE = 4;
/** For all repositories together: what is not done by then is left to the next minute. */
const ENOUGH_MS = 25_000;
const PLANS_PER_PAGE = 500;
/** No repository has this name: where the next minute goes on. */
const PLACE = '*';

type Cursor = { since: number; looks: Record<string, number> };

export async function pollForges(deps: EngineDeps): Promise<void> {
  const until = deps.clock.now() + ENOUGH_MS;
  const place = await deps.table.get(KEY.pollCursor(PLACE));
  const repositories = inTurn(await openRepositories(deps, until), place?.last);
  let last: string | undefined;
  let begun = 0;
  await inParallel(repositories, AT_ONCE, async ({ name, forge }) => {
    if (deps.clock.now() > until) return;
    last = name;
    begun += 1;
    try {
      await pollRepository(deps, name, forge, until);
    } catch (error) {
      if (!isAppError(error)) throw error;
      deps.log.warn('repository could not be asked', { repo: name, cause: error.message });
    }
  });
  if (begun < repositories.length && last !== undefined)
    await deps.table.put({ ...KEY.pollCursor(PLACE), last });
}

type Asked = Pick<PlanRepository, 'name' | 'forge'>;

/** Of plans that are not over, each once. */
async function openRepositories(deps: EngineDeps, until: number): Promise<Asked[]> {
  const found = new Map<string, Asked>();
  for (const list of [ACTIVE_PLANS, OPEN_PLANS]) {
    let after: string | undefined;
    do {
      const page = await deps.table.index('ready', list, { limit: PLANS_PER_PAGE, after });
      for (const one of page.items.flatMap((item) => readPlan(item).state.repositories))
        found.set(one.name, one);
      after = page.next;
    } while (after !== undefined && deps.clock.now() < until);
  }
  return [...found.values()];
}

/** Those after the last that there was time for come first. */
function inTurn(repositories: readonly Asked[], last: unknown): Asked[] {
  const sorted = repositories.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const isNext = ({ name }: Asked) => typeof last !== 'string' || name > last;
  return [...sorted.filter(isNext), ...sorted.filter((one) => !isNext(one))];
}

async function pollRepository(
  deps: EngineDeps,
  name: string,
  forge: Repository['forge'],
  until: number,
): Promise<void> {
  const item = await deps.table.get(KEY.pollCursor(name));
  const began = deps.clock.now();
  const cursor = readCursor(item, began);
  const listed = await deps.forges[forge].pullsChangedSince(name, cursor.since - OVERLAP_MS);
  const fresh = listed
    .filter((pull) => (cursor.looks[nameOf(pull)] ?? 0) < LOOKS)
    .toSorted((a, b) => a.updatedAt - b.updatedAt);
  if (fresh.length === 0 && item !== undefined) return;
  const failed: PullRequest[] = [];
  const looked: PullRequest[] = [];
  await inParallel(fresh, AT_ONCE, async (pull) => {
    const enough = deps.clock.now() > until;
    const isDone = !enough && (await look(deps, name, pull));
    (isDone ? looked : failed).push(pull);
  });
  const passed = Math.max(cursor.since, ...looked.map((pull) => pull.updatedAt));
  const since = Math.min(passed, ...failed.map((pull) => pull.updatedAt));
  await deps.table.put({
    ...KEY.pollCursor(name),
    since,
    at: began,
    looks: encode(countLooks(cursor, listed, looked, since - OVERLAP_MS)),
  });
}

function readCursor(item: Item | undefined, now: number): Cursor {
  if (item === undefined) return { since: now - 3_600_000, looks: {} };
  const looks = typeof item.looks === 'string' ? decode<Cursor['looks']>(item, 'looks') : {};
  return { since: numberOf(item, 'since'), looks };
}

function nameOf(pull: PullRequest): string {
  return `${pull.number}@${pull.updatedAt}`;
}

async function look(deps: EngineDeps, repo: string, pull: PullRequest): Promise<boolean> {
  try {
    await forgeChanged(deps, {
      type: 'forge_changed',
      v: 1,
      repo,
      pull: pull.number,
      branch: pull.head,
      delivery: `poll-${pull.updatedAt}`,
    });
    return true;
  } catch (error) {
    deps.log.warn('change was not acted upon', { repo, pull: pull.number, cause: String(error) });
    return false;
  }
}

/** Of those that may be listed again. */
function countLooks(
  cursor: Cursor,
  listed: readonly PullRequest[],
  looked: readonly PullRequest[],
  from: number,
): Cursor['looks'] {
  const counts: Cursor['looks'] = {};
  for (const pull of listed) {
    if (pull.updatedAt < from) continue;
    const before = cursor.looks[nameOf(pull)] ?? 0;
    const count = before + (looked.includes(pull) ? 1 : 0);
    if (count > 0) counts[nameOf(pull)] = count;
  }
  return counts;
}
