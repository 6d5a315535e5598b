import { isAppError } from '../../base/app-error.ts';
import type { Repository } from '../../contract/repository.ts';
import type { PlanRepository } from '../../plan-state/plan-state.ts';
import type { PullRequest } from '../../port/forge.ts';
import type { Item } from '../../port/table.ts';
import { decodeDocument, encodeDocument, readNumber } from '../../store/document.ts';
import { readPlan } from '../../store/plan-store.ts';
import { ACTIVE_PLANS, KEY, OPEN_PLANS } from '../../topology/table-keys.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import { handleForgeChange } from '../task/handle-forge-change.ts';

// Webhooks may be late, lost or unable to reach us: each repository with open work is asked what changed. The cursor passes
// only what was acted upon, so that nothing a person did is lost with a message.

/** The forge's clock may be behind, and it may list a change late. */
const OVERLAP_MS = 60_000;
/** A change within the same second as the one before carries the same time: each is looked at again a minute later. */
const MAX_LOOKS = 2;
const CONCURRENCY = 4;
/** For all repositories together: what is not done by then is left to the next minute. */
const MAX_POLL_MS = 25_000;
const PLANS_PER_PAGE = 500;
/** No repository has this name: where the next minute goes on. */
const RESUME_KEY = '*';

type PollCursor = { readonly since: number; readonly looks: Record<string, number> };

export async function pollForges(deps: EngineDeps): Promise<void> {
  const until = deps.clock.now() + MAX_POLL_MS;
  const place = await deps.table.get(KEY.pollCursor(RESUME_KEY));
  const repositories = rotateRepositories(await listOpenRepositories(deps, until), place?.last);
  let last: string | undefined;
  let begun = 0;
  await mapInParallel(repositories, CONCURRENCY, async ({ name, forge }) => {
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
    await deps.table.put({ ...KEY.pollCursor(RESUME_KEY), last });
}

type PolledRepository = Pick<PlanRepository, 'name' | 'forge'>;

/** Of plans that are not over, each once. */
async function listOpenRepositories(deps: EngineDeps, until: number): Promise<PolledRepository[]> {
  const found = new Map<string, PolledRepository>();
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
function rotateRepositories(
  repositories: readonly PolledRepository[],
  last: unknown,
): PolledRepository[] {
  const sorted = repositories.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const isNext = ({ name }: PolledRepository) => typeof last !== 'string' || name > last;
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
  const listed = await deps.forges[forge].listPullsChangedSince(name, cursor.since - OVERLAP_MS);
  const fresh = listed
    .filter((pull) => (cursor.looks[formatPullVersion(pull)] ?? 0) < MAX_LOOKS)
    .toSorted((a, b) => a.updatedAt - b.updatedAt);
  if (fresh.length === 0 && item !== undefined) return;
  const failed: PullRequest[] = [];
  const looked: PullRequest[] = [];
  await mapInParallel(fresh, CONCURRENCY, async (pull) => {
    const enough = deps.clock.now() > until;
    const isDone = !enough && (await reportPullChange(deps, name, pull));
    (isDone ? looked : failed).push(pull);
  });
  const passed = Math.max(cursor.since, ...looked.map((pull) => pull.updatedAt));
  const since = Math.min(passed, ...failed.map((pull) => pull.updatedAt));
  await deps.table.put({
    ...KEY.pollCursor(name),
    since,
    at: began,
    looks: encodeDocument(countLooks(cursor, listed, looked, since - OVERLAP_MS)),
  });
}

function readCursor(item: Item | undefined, now: number): PollCursor {
  if (item === undefined) return { since: now - 3_600_000, looks: {} };
  const looks =
    typeof item.looks === 'string' ? decodeDocument<PollCursor['looks']>(item, 'looks') : {};
  return { since: readNumber(item, 'since'), looks };
}

function formatPullVersion(pull: PullRequest): string {
  return `${pull.number}@${pull.updatedAt}`;
}

async function reportPullChange(
  deps: EngineDeps,
  repo: string,
  pull: PullRequest,
): Promise<boolean> {
  try {
    await handleForgeChange(deps, {
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
  cursor: PollCursor,
  listed: readonly PullRequest[],
  looked: readonly PullRequest[],
  from: number,
): PollCursor['looks'] {
  const counts: PollCursor['looks'] = {};
  for (const pull of listed) {
    if (pull.updatedAt < from) continue;
    const before = cursor.looks[formatPullVersion(pull)] ?? 0;
    const count = before + (looked.includes(pull) ? 1 : 0);
    if (count > 0) counts[formatPullVersion(pull)] = count;
  }
  return counts;
}
