import type { Uncommitted } from '../../../core/contract/flag.ts';
import { describeUncommitted } from '../../../core/contract/flag.ts';
import { GIVE_UP_MARKER } from './task-prompt.ts';
import type { TaskWork } from './task-work.ts';

// Asks the agent about work that no commit contains. Without this question, a claim without a change would count as success.

/** Beginning of the last line that an agent writes if the task needs no change. */
const NOTHING_TO_DO_MARKER = 'NOTHING TO DO:';
/** Maximum number of groups that a prompt lists. */
const MAX_LISTED_GROUPS = 20;

/** Asks the agent at most once about a missing change, and at most once about files in other git repositories. */
export class CommitReview {
  readonly #taskWork: TaskWork;
  #hasAskedForChange = false;
  #hasReportedNested = false;

  constructor(taskWork: TaskWork) {
    this.#taskWork = taskWork;
  }

  /** Returns a prompt for the agent; undefined if the work can be verified. Must be called after the commit of a turn. */
  async review(): Promise<string | undefined> {
    const uncommitted = await this.#taskWork.listUncommitted();
    if (!this.#hasAskedForChange && (await this.#taskWork.findNoChange()) !== undefined) {
      this.#hasAskedForChange = true;
      return renderNoChange(uncommitted);
    }
    const nested = uncommitted.filter((group) => group.cause === 'nested_repository');
    if (this.#hasReportedNested || nested.length === 0) return undefined;
    this.#hasReportedNested = true;
    return renderNestedRepositories(nested);
  }
}

/** Renders the prompt that asks the agent for a change, a reason to give up, or a reason why no change is needed. */
export function renderNoChange(uncommitted: readonly Uncommitted[]): string {
  return [
    'Nothing was committed: your work changes no file that git commits.',
    renderUncommitted(uncommitted),
    `Do the task in files that git commits. If the task cannot be done, end with one line that begins with ${GIVE_UP_MARKER} and gives the reason. If nothing has to be changed, end with one line that begins with ${NOTHING_TO_DO_MARKER} and gives the reason.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Renders the prompt that tells the agent about files in other git repositories. */
function renderNestedRepositories(nested: readonly Uncommitted[]): string {
  return `${renderUncommitted(nested)}\n\nThe files belong to a submodule or to a large git repository inside the workspace, and are not part of your commit. If your task needs the files, put them outside that repository or remove its folder .git; otherwise say that they are not needed.`;
}

/** Renders a list of files that no commit contains; an empty text if there are none. */
export function renderUncommitted(groups: readonly Uncommitted[]): string {
  if (groups.length === 0) return '';
  const lines = groups
    .slice(0, MAX_LISTED_GROUPS)
    .map((group) => `- ${describeUncommitted(group)}`);
  if (groups.length > lines.length) lines.push(`- and ${groups.length - lines.length} more groups`);
  return `Not committed:\n${lines.join('\n')}`;
}
