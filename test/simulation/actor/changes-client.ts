import { isAppError } from '../../../core/base/app-error.ts';
import type { TaskView } from '../../../core/contract/task.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import { listTaskViews, readChanges } from '../../../core/engine/view/read-view.ts';
import type { World } from '../world.ts';
import { retryUntilAnswered } from './issue-command.ts';

// A client with an open plan: polls the changes and assembles the tasks from them. At the end, the assembled tasks must
// match a fresh list of the plan's tasks.

const PAGE_SIZE = 5;
/** Virtual milliseconds after which the index shows every write. */
const INDEX_SETTLED_MS = 150_000;

export class ChangesClient {
  readonly #world: World;
  readonly #plan: string;
  readonly #tasks = new Map<string, TaskView>();
  #run = 0;
  #cursor = 0;

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

  async compareWithList(): Promise<void> {
    await this.#world.loop.sleep(INDEX_SETTLED_MS);
    const shownTasks = await this.#listAllTasks();
    await this.#fetchChanges();
    for (const shown of shownTasks) {
      const assembled = this.#tasks.get(shown.id);
      if (assembled !== undefined && assembled.version >= shown.version) continue;
      this.#world.judge.recordViolation(
        this.#world,
        `${shown.id} of ${this.#plan} is ${shown.status}, but a client of its changes saw ${assembled?.status ?? 'no such task'}`,
      );
    }
  }

  /** Reads all pages of changes; the cursor advances only after the last page. */
  async #fetchChanges(): Promise<void> {
    let cursor: string | undefined;
    let next: number | undefined;
    do {
      const since = this.#cursor;
      const read = (deps: EngineDeps) =>
        readChanges(deps, this.#plan, { since, limit: PAGE_SIZE, cursor });
      const changes = await this.#readFromApi(read);
      if (changes === undefined) return;
      for (const task of changes.tasks) this.#recordTask(task);
      next ??= changes.cursor;
      cursor = changes.next;
    } while (cursor !== undefined);
    this.#cursor = next;
  }

  /** Keeps the newest version of a task; changes may repeat or arrive out of order. */
  #recordTask(task: TaskView): void {
    if (task.run < this.#run) return;
    if (task.run > this.#run) this.#tasks.clear();
    this.#run = task.run;
    const known = this.#tasks.get(task.id);
    if (known === undefined || known.version < task.version) this.#tasks.set(task.id, task);
  }

  async #listAllTasks(): Promise<TaskView[]> {
    const list = (deps: EngineDeps) => listTaskViews(deps, this.#plan, { limit: 100 });
    return (await this.#readFromApi(list))?.items ?? [];
  }

  async #readFromApi<T>(read: (deps: EngineDeps) => Promise<T>): Promise<T | undefined> {
    try {
      return await retryUntilAnswered(this.#world, 'changes', read);
    } catch (error) {
      // The plan does not exist yet, or its next run began between two pages.
      if (isAppError(error, 'notFound') || isAppError(error, 'invalid')) return undefined;
      throw error;
    }
  }
}
