import { isAppError } from '../../../core/base/app-error.ts';
import type { TaskView } from '../../../core/contract/task.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import { listTaskViews, readChanges } from '../../../core/engine/view/read-view.ts';
import type { World } from '../world.ts';
import { retryUntilAnswered } from './issue-command.ts';

// A client that shows a plan: polls the changes of the plan and assembles its tasks from the changes. At the end, the assembled tasks
// must be as new as a fresh list of the tasks.

const PAGE_SIZE = 5;
/** Milliseconds of virtual time after which the index shows every write. */
const INDEX_SETTLED_MS = 150_000;

export class ChangesClient {
  readonly #world: World;
  readonly #plan: string;
  readonly #tasks = new Map<string, TaskView>();
  #run = 0;
  /** Epoch milliseconds; the next poll asks for changes since this time. */
  #since = 0;

  constructor(world: World, plan: string) {
    this.#world = world;
    this.#plan = plan;
  }

  async watchChanges(): Promise<void> {
    const { loop, random, faults } = this.#world;
    while (faults.isActive) {
      await loop.sleep(random.between(10_000, 60_000));
      await this.#fetchChanges();
    }
  }

  /** Records a violation for each task that is older in the assembled tasks than in a fresh list. */
  async compareWithList(): Promise<void> {
    await this.#world.loop.sleep(INDEX_SETTLED_MS);
    const listedTasks = await this.#listAllTasks();
    await this.#fetchChanges();
    for (const listed of listedTasks) {
      const assembled = this.#tasks.get(listed.id);
      if (assembled !== undefined && assembled.version >= listed.version) continue;
      this.#world.judge.recordViolation(
        this.#world,
        `task ${listed.id} of plan ${this.#plan} is ${listed.status}, but a client that follows the changes of the plan ${assembled === undefined ? 'never saw the task' : `last saw it as ${assembled.status}`}`,
      );
    }
  }

  /** Reads all pages of changes. The time of the next poll advances only after the last page, because a read may fail in between. */
  async #fetchChanges(): Promise<void> {
    const since = this.#since;
    let pageCursor: string | undefined;
    let nextSince: number | undefined;
    do {
      const read = (deps: EngineDeps) =>
        readChanges(deps, this.#plan, { since, limit: PAGE_SIZE, cursor: pageCursor });
      const changes = await this.#readFromApi(read);
      if (changes === undefined) return;
      for (const task of changes.tasks) this.#recordTask(task);
      nextSince ??= changes.cursor;
      pageCursor = changes.next;
    } while (pageCursor !== undefined);
    this.#since = nextSince;
  }

  /** Keeps the newest version of a task, because changes may repeat or arrive out of order. */
  #recordTask(task: TaskView): void {
    if (task.run < this.#run) return;
    if (task.run > this.#run) this.#tasks.clear();
    this.#run = task.run;
    const knownTask = this.#tasks.get(task.id);
    if (knownTask === undefined || knownTask.version < task.version) this.#tasks.set(task.id, task);
  }

  async #listAllTasks(): Promise<TaskView[]> {
    const list = (deps: EngineDeps) => listTaskViews(deps, this.#plan, { limit: 100 });
    return (await this.#readFromApi(list))?.items ?? [];
  }

  async #readFromApi<T>(read: (deps: EngineDeps) => Promise<T>): Promise<T | undefined> {
    try {
      return await retryUntilAnswered(this.#world, 'changes', read);
    } catch (error) {
      // `notFound`: the plan does not exist yet. `invalid`: the next run began between two pages, so the cursor became invalid.
      if (isAppError(error, 'notFound') || isAppError(error, 'invalid')) return undefined;
      throw error;
    }
  }
}
