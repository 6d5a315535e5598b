import { isAppError } from '../../base/app-error.ts';
import { buildForgeChangeReport } from '../../contract/queue-message.ts';
import type { Repository } from '../../contract/repository.ts';
import type { PlanRepository } from '../../plan-state/plan-state.ts';
import type { PullRequest } from '../../port/forge.ts';
import type { Item } from '../../port/table.ts';
import { decodeDocument, encodeDocument, readNumber } from '../../store/document.ts';
import { readPlan } from '../../store/plan-store.ts';
import { ACTIVE_PLANS, KEY, PLANS_AWAITING_PERSON } from '../../topology/table-keys.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import { handleForgeChange } from '../task/handle-forge-change.ts';

// Polls each repository with open plans for changed pull requests, because webhooks may be late, lost or not configured. The
// cursor moves past a change only after the change was handled, so a failure loses no action of a person.

/** Overlap of two polls, milliseconds, because the clock of the forge may be late and the forge may list a change late. */
const OVERLAP_MS = 60_000;
/** Number of polls that handle the same version of a pull request, because two changes within a second have the same time. */
const MAX_HANDLINGS = 2;
const MAX_PARALLEL_POLLS = 4;
/** Time limit for all repositories together, milliseconds; the next poll continues after the last polled repository. */
const MAX_POLL_MS = 25_000;
const PLANS_PER_PAGE = 500;
/** Key of the item that holds the last polled repository; no repository has this name. */
const RESUME_KEY = '*';

type PollCursor = {
  /** Epoch milliseconds up to which all changes were handled. */
  readonly since: number;
  /** Number of polls that handled a version of a pull request, by version. */
  readonly handlings: Record<string, number>;
};

/** Polls all repositories with open plans, at most `MAX_POLL_MS` long. */
export async function pollForges(deps: EngineDeps): Promise<void> {
  const deadline = deps.clock.now() + MAX_POLL_MS;
  const resumePoint = await deps.table.get(KEY.pollCursor(RESUME_KEY));
  const repositories = rotateRepositories(
    await listOpenRepositories(deps, deadline),
    resumePoint?.last,
  );
  let last: string | undefined;
  let startedCount = 0;
  await mapInParallel(repositories, MAX_PARALLEL_POLLS, async ({ name, forge }) => {
    if (deps.clock.now() > deadline) return;
    last = name;
    startedCount += 1;
    try {
      await pollRepository(deps, name, forge, deadline);
    } catch (error) {
      if (!isAppError(error)) throw error;
      deps.log.warn('repository could not be polled', { repo: name, cause: error.message });
    }
  });
  if (startedCount < repositories.length && last !== undefined)
    await deps.table.put({ ...KEY.pollCursor(RESUME_KEY), last });
}

type PolledRepository = Pick<PlanRepository, 'name' | 'forge'>;

/** Lists the repositories of open plans without duplicates. */
async function listOpenRepositories(
  deps: Pick<EngineDeps, 'table' | 'clock'>,
  deadline: number,
): Promise<PolledRepository[]> {
  const repositoriesByName = new Map<string, PolledRepository>();
  for (const hashKey of [ACTIVE_PLANS, PLANS_AWAITING_PERSON]) {
    let after: string | undefined;
    do {
      const page = await deps.table.queryIndex('ready', hashKey, { limit: PLANS_PER_PAGE, after });
      for (const repository of page.items.flatMap((stored) => readPlan(stored).state.repositories))
        repositoriesByName.set(repository.name, repository);
      after = page.next;
    } while (after !== undefined && deps.clock.now() < deadline);
  }
  return [...repositoriesByName.values()];
}

/** Orders the repositories so the poll continues after the last polled repository. */
function rotateRepositories(
  repositories: readonly PolledRepository[],
  last: unknown,
): PolledRepository[] {
  const sorted = repositories.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const isNext = ({ name }: PolledRepository) => typeof last !== 'string' || name > last;
  return [...sorted.filter(isNext), ...sorted.filter((repository) => !isNext(repository))];
}

async function pollRepository(
  deps: EngineDeps,
  name: string,
  forge: Repository['forge'],
  deadline: number,
): Promise<void> {
  const stored = await deps.table.get(KEY.pollCursor(name));
  const startedAt = deps.clock.now();
  const cursor = readCursor(stored, startedAt);
  const listed = await deps.forges[forge].listPullsChangedSince(name, cursor.since - OVERLAP_MS);
  const unhandled = listed
    .filter((pull) => (cursor.handlings[formatPullVersion(pull)] ?? 0) < MAX_HANDLINGS)
    .toSorted((a, b) => a.updatedAt - b.updatedAt);
  if (unhandled.length === 0 && stored !== undefined) return;
  const unfinished: PullRequest[] = [];
  const handled: PullRequest[] = [];
  await mapInParallel(unhandled, MAX_PARALLEL_POLLS, async (pull) => {
    const isTimeUp = deps.clock.now() > deadline;
    const isHandled = !isTimeUp && (await tryHandlePullChange(deps, name, pull));
    (isHandled ? handled : unfinished).push(pull);
  });
  const latestHandled = Math.max(cursor.since, ...handled.map((pull) => pull.updatedAt));
  const since = Math.min(latestHandled, ...unfinished.map((pull) => pull.updatedAt));
  await deps.table.put({
    ...KEY.pollCursor(name),
    since,
    at: startedAt,
    looks: encodeDocument(countHandlings(cursor, listed, handled, since - OVERLAP_MS)),
  });
}

function readCursor(stored: Item | undefined, now: number): PollCursor {
  if (stored === undefined) return { since: now - 3_600_000, handlings: {} };
  const handlings =
    typeof stored.looks === 'string'
      ? decodeDocument<PollCursor['handlings']>(stored, 'looks')
      : {};
  return { since: readNumber(stored, 'since'), handlings };
}

function formatPullVersion(pull: PullRequest): string {
  return `${pull.number}@${pull.updatedAt}`;
}

/** Handles a changed pull request. Returns false if the handling failed, so that the next poll handles the change again. */
async function tryHandlePullChange(
  deps: EngineDeps,
  repo: string,
  pull: PullRequest,
): Promise<boolean> {
  try {
    const delivery = `poll-${pull.updatedAt}`;
    const change = { repo, pull: pull.number, branch: pull.head, delivery };
    await handleForgeChange(deps, buildForgeChangeReport(change));
    return true;
  } catch (error) {
    deps.log.warn('pull request change could not be handled', {
      repo,
      pull: pull.number,
      cause: String(error),
    });
    return false;
  }
}

/** Counts the polls that handled each version, for the versions that a later poll may list again. */
function countHandlings(
  cursor: PollCursor,
  listed: readonly PullRequest[],
  handled: readonly PullRequest[],
  from: number,
): PollCursor['handlings'] {
  const counts: PollCursor['handlings'] = {};
  for (const pull of listed) {
    if (pull.updatedAt < from) continue;
    const before = cursor.handlings[formatPullVersion(pull)] ?? 0;
    const count = before + (handled.includes(pull) ? 1 : 0);
    if (count > 0) counts[formatPullVersion(pull)] = count;
  }
  return counts;
}
