import { formatGit, quoteShell } from '../../core/base/quote-shell.ts';
import { describeUncommitted } from '../../core/contract/flag.ts';
import type { Waiting } from '../../core/contract/waiting.ts';
import { formatClock, formatTokens, formatUsd } from './layout/format-figures.ts';

// Turns a waiting item, which the API returns as data, into a sentence and a command.

type WaitingOf<K extends Waiting['kind']> = Extract<Waiting, { readonly kind: K }>;

/** Returns the next step of a person as a sentence without a full stop. */
export function describeWaiting(waiting: Waiting): string {
  switch (waiting.kind) {
    case 'approval':
      return `approve revision ${waiting.revision} of the plan, so that its tasks start`;
    case 'answer':
      return `${waiting.task}: answer its agent${formatReason(waiting)}`;
    case 'conversation':
      return `${waiting.task}: its agent waits for your message; without one, end the conversation with \`smol-gang task finish ${waiting.plan} ${waiting.task}\``;
    case 'review':
      return `${waiting.task}: review ${formatPull(waiting.pull)}`;
    case 'no_change':
      return describeNoChange(waiting);
    case 'checks':
      return `${waiting.task}: checks have been pending for a long time on ${formatPull(waiting.pull)}: ${waiting.checks.join(', ')}`;
    case 'retry':
      return describeRetry(waiting);
    case 'unblock':
      return `${waiting.task}: blocked${formatReason(waiting)}`;
    case 'merge':
      return describeMerge(waiting);
    case 'budget':
      return `the budget is used up (${formatBudget(waiting)}): no new attempt starts until the budget is raised`;
    case 'base_red':
      return `${formatBase(waiting)} fails verification before any change, so no task starts${formatReason(waiting)}`;
    case 'base_checking':
      return `${formatBase(waiting)} is being verified; tasks start once it is green`;
    case 'model':
      return `the model accepts no requests until ${formatClock(waiting.until)}, then the plan continues by itself${formatReason(waiting)}`;
  }
}

function describeNoChange({ task, uncommitted }: WaitingOf<'no_change'>): string {
  const groups = uncommitted.map(describeUncommitted).join('; ');
  const details = groups === '' ? '' : `. Not committed: ${groups}`;
  return `${task}: nothing was changed; accept the task without changes, or request changes${details}`;
}

function describeMerge(waiting: WaitingOf<'merge'>): string {
  const pull = formatPull(waiting);
  const { base, problem } = waiting;
  if (problem?.kind === 'base_missing')
    return `${pull}: its base branch ${problem.base} no longer exists; restore the branch or choose another`;
  if (problem?.kind !== 'conflict') return `review and merge ${pull} into ${base}`;
  const files = problem.files.length === 0 ? '' : ` in ${problem.files.join(', ')}`;
  return `merge ${pull} into ${base} and resolve its conflict${files}`;
}

function describeRetry(waiting: WaitingOf<'retry'>): string {
  const subject = waiting.task ?? 'the plan';
  if (waiting.outcome === 'failed') return `${subject} failed${formatReason(waiting)}`;
  return `${subject} was cancelled, and the plan cannot complete without it${formatReason(waiting)}`;
}

function formatReason({ reason }: Waiting): string {
  return reason === undefined ? '' : `: ${reason}`;
}

function formatBase({ repo, commit }: WaitingOf<'base_red' | 'base_checking'>): string {
  return `the base commit ${commit.slice(0, 7)} of ${repo}`;
}

function formatPull(
  pull: { readonly number?: number | undefined; readonly url?: string | undefined } | undefined,
): string {
  const url = pull?.url === undefined ? '' : ` (${pull.url})`;
  return pull?.number === undefined ? 'its pull request' : `pull request #${pull.number}${url}`;
}

function formatBudget(budget: WaitingOf<'budget'>): string {
  const parts: string[] = [];
  if (budget.maxUsd !== undefined)
    parts.push(`${formatUsd(budget.usedUsd)} of ${formatUsd(budget.maxUsd)}`);
  if (budget.maxTokens !== undefined)
    parts.push(`${formatTokens(budget.usedTokens)} of ${formatTokens(budget.maxTokens)} tokens`);
  return parts.join(', ');
}

/** Returns the command for the recommended action. A `"..."` in the command stands for a text that the person writes. */
export function getWaitingCommand(waiting: Waiting): string {
  const { plan } = waiting;
  switch (waiting.kind) {
    case 'approval':
      return `smol-gang plan approve ${plan}`;
    case 'answer':
      return `smol-gang task answer ${plan} ${waiting.task} "..."`;
    case 'conversation':
      return `smol-gang task message ${plan} ${waiting.task} "..."`;
    case 'review':
      return `smol-gang task approve ${plan} ${waiting.task}`;
    case 'no_change':
      return `smol-gang task approve ${plan} ${waiting.task}`;
    case 'checks':
      return `smol-gang task request-changes ${plan} ${waiting.task} "..."`;
    case 'retry':
      return waiting.task === undefined
        ? `smol-gang plan restart ${plan}`
        : `smol-gang task retry ${plan} ${waiting.task}`;
    case 'unblock':
      return `smol-gang task retry ${plan} ${waiting.task}`;
    case 'merge':
      return getMergeCommand(waiting);
    case 'budget':
      return getBudgetCommand(waiting);
    case 'base_red':
    case 'base_checking':
      return `smol-gang plan base ${plan} --continue`;
    case 'model':
      return `smol-gang recover ${plan}`;
  }
}

/** Returns the command that merges a root pull request: git for a local repository, `gh` for a repository on GitHub. */
function getMergeCommand(waiting: WaitingOf<'merge'>): string {
  const { plan, forge, path, branch, base, url, problem } = waiting;
  if (problem?.kind === 'base_missing') return `smol-gang plan retarget ${plan} --base BRANCH`;
  const git = formatGit(path);
  const remoteBranch = quoteShell(`origin/${branch}`);
  if (problem?.kind === 'conflict')
    return forge === 'local'
      ? `${git} switch ${quoteShell(base)} && ${git} merge ${quoteShell(branch)}`
      : `git fetch origin && git switch ${quoteShell(base)} && git merge ${remoteBranch}`;
  return forge === 'local'
    ? `${git} merge ${quoteShell(branch)}`
    : `gh pr merge ${quoteShell(url ?? branch)}`;
}

/** Returns the command that raises the budget far enough above the used amount for the plan to continue. */
function getBudgetCommand(waiting: WaitingOf<'budget'>): string {
  const { plan, maxTokens, maxUsd, usedTokens, usedUsd } = waiting;
  const tokens =
    maxTokens === undefined ? '' : ` --max-tokens ${suggestLimit(maxTokens, usedTokens)}`;
  const usd = maxUsd === undefined ? '' : ` --max-usd ${suggestLimit(maxUsd, usedUsd)}`;
  return `smol-gang plan budget ${plan}${tokens}${usd}`;
}

/** Returns at least the double limit and more than the used amount, rounded up to two digits. */
function suggestLimit(limit: number, used: number): number {
  const minimum = Math.max(2 * limit, 1.5 * used);
  const unit = 10 ** (Math.floor(Math.log10(minimum)) - 1);
  // The precision removes the error of a product such as 61 * 0.1.
  return Number((Math.ceil(minimum / unit) * unit).toPrecision(2));
}
