import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { Sha } from '../../../core/port/forge.ts';
import type { SimRepository } from '../forge/forge-state.ts';
import { isTreeGreen, listAuthors } from '../forge/forge-state.ts';
import { createFailedResult, reportDone } from './attempt-result.ts';
import type { Bridge } from './bridge.ts';
import { drawAttemptFault } from './faulty-outcome.ts';

// The work of an attempt in its repository: commits on the branch of the attempt, and evidence for the reported commit.

/** Performs an attempt of the kind `verify`: merges the commit into the root in memory and reports whether the result is green. */
export async function performVerification(bridge: Bridge, durationMs: number): Promise<void> {
  const { world, assignment } = bridge;
  const { name, rootBranch, verifyCommit: commit = '' } = assignment.repository;
  const repository = world.forge.getRepository(name);
  const root = world.forge.readHead(name, rootBranch) ?? assignment.repository.root;
  await bridge.waitWhileAlive(durationMs);
  const earlyFailure = drawEarlyFailure(bridge);
  if (earlyFailure !== undefined) return bridge.reportResult(earlyFailure);
  if (assignment.plan.purpose === 'base') return verifyBase(bridge, commit);
  const merge = repository.graph.merge(root, commit);
  if (merge.conflicts.length > 0)
    return bridge.reportResult(createFailedResult('conflict', { files: merge.conflicts }));
  if (!isTreeGreen(repository, merge.files))
    return bridge.reportResult(createFailedResult('verify_red'));
  const changed = repository.graph.diff(repository.graph.get(root).files, merge.files);
  await reportDone(bridge, commit, root, changed);
}

/** Reports the result of a base check; in some seeds, verification fails now and then although the commit stays the same. */
function verifyBase(bridge: Bridge, commit: Sha): Promise<void> {
  if (bridge.world.drawRedBase()) return bridge.reportResult(createFailedResult('verify_red'));
  return reportDone(bridge, commit, commit, []);
}

/** Draws a failure that ends the attempt before its work is finished; usually undefined. */
function drawEarlyFailure(bridge: Bridge): AttemptResult | undefined {
  const { random, loop } = bridge.world;
  const until = loop.now + random.between(1_000, 300_000);
  if (drawAttemptFault(bridge, 'provider_refuses_attempt'))
    return createFailedResult(random.pick(['provider', 'forge']), { until });
  if (drawAttemptFault(bridge, 'attempt_infra_failure')) return createFailedResult('infra');
  if (drawAttemptFault(bridge, 'agent_fails'))
    return createFailedResult(random.pick(['agent', 'limit', 'setup']));
  return undefined;
}

/** Renders the line of a changed file: its author, and all authors whose work the tree contains; see `isTreeGreen`. */
function renderLine(bridge: Bridge, files: ReadonlyMap<string, string>, isBad: boolean): string {
  const { task, attemptNumber } = bridge.key;
  return `${isBad ? 'bad-' : ''}${task}@${attemptNumber}:${listAuthors(files).toSorted().join(',')}`;
}

/** Performs an attempt of the kind `work` or `repair`. */
export async function performWork(bridge: Bridge, durationMs: number): Promise<void> {
  const { world, assignment } = bridge;
  const { faults, random } = world;
  const { name, rootBranch } = assignment.repository;
  const repository = world.forge.getRepository(name);
  let head: Sha = assignment.repository.start;
  if (assignment.kind === 'repair') head = mergeRoot(bridge, repository, head, true);
  const preparedHead = head;
  await bridge.waitWhileAlive(durationMs * 0.4);
  if (faults.drawFault('agent_asks_question')) await bridge.askQuestion();
  const earlyFailure = drawEarlyFailure(bridge);
  if (earlyFailure !== undefined) return bridge.reportResult(earlyFailure);
  const paths = choosePaths(bridge, repository);
  const half = Math.floor(paths.length / 2);
  if (half > 0 && random.chance(0.5)) {
    head = writeCommit(bridge, repository, head, paths.slice(0, half), false);
    await bridge.sendCheckpoint(head);
  }
  await bridge.waitWhileAlive(durationMs * 0.4);
  head = writeCommit(
    bridge,
    repository,
    head,
    paths,
    paths.length > 0 && faults.drawFault('agent_commits_broken_code'),
  );
  for (let fixCount = 0; ; fixCount += 1) {
    head = mergeRoot(bridge, repository, head, false);
    const root = world.forge.readHead(name, rootBranch) ?? assignment.repository.root;
    const containedRoot = repository.graph.findMergeBase(root, head).sha;
    const isUnchanged = isTreeEqual(repository, head, containedRoot);
    const { kind, task } = assignment;
    // A task without changes has no commit of its own; any other result must contain a commit that the root branch lacks.
    const hasNoCommit = isUnchanged && kind === 'work' && !task.end;
    if (hasNoCommit) head = containedRoot;
    else if (repository.graph.isAncestor(head, containedRoot))
      head = repository.graph.add([head], repository.graph.get(head).files).sha;
    await bridge.waitWhileAlive(durationMs * 0.2);
    const { files } = repository.graph.get(head);
    if (isTreeGreen(repository, files)) {
      if (hasNoCommit) return reportDone(bridge, head, containedRoot, [], 'task');
      bridge.pushCommit(head);
      const rootFiles = repository.graph.get(containedRoot).files;
      const changed = repository.graph.diff(rootFiles, files);
      const isUselessRepair = needsChange(bridge) && isTreeEqual(repository, head, preparedHead);
      const noChange = isUselessRepair ? 'repair' : undefined;
      return reportDone(bridge, head, containedRoot, changed, noChange);
    }
    if (fixCount === 2 || (faults.isActive && random.chance(0.3)))
      return bridge.reportResult(createFailedResult('verify_red'));
    head = writeCommit(bridge, repository, head, paths, false);
    if (random.chance(0.5)) await bridge.sendCheckpoint(head);
  }
}

function isTreeEqual({ graph }: SimRepository, commit: Sha, other: Sha): boolean {
  return graph.diff(graph.get(commit).files, graph.get(other).files).length === 0;
}

/** Returns true for a repair that only a change of the agent can complete. */
function needsChange({ assignment: { repair } }: Bridge): boolean {
  return repair?.reason === 'changes_requested' || repair?.reason === 'check_red';
}

function writeCommit(
  bridge: Bridge,
  repository: SimRepository,
  head: Sha,
  paths: readonly string[],
  isBad: boolean,
): Sha {
  const files = new Map(repository.graph.get(head).files);
  const newLine = renderLine(bridge, files, isBad);
  // A good commit also repairs the files that an earlier bad commit broke.
  const brokenFiles = isBad ? [] : [...files].filter(([, line]) => line.startsWith('bad-'));
  for (const path of [...paths, ...brokenFiles.map(([name]) => name)]) files.set(path, newLine);
  return repository.graph.add([head], files).sha;
}

/**
 * Merges the root branch into `head` and returns the new head. With `shouldResolve`, the attempt rewrites conflicting files;
 * otherwise a conflict leaves the head unchanged.
 */
function mergeRoot(
  bridge: Bridge,
  repository: SimRepository,
  head: Sha,
  shouldResolve: boolean,
): Sha {
  const { name, rootBranch } = bridge.assignment.repository;
  const root = bridge.world.forge.readHead(name, rootBranch);
  if (root === undefined || repository.graph.isAncestor(root, head)) return head;
  const { files, conflicts } = repository.graph.merge(head, root);
  if (conflicts.length > 0 && !shouldResolve) return head;
  const merged = new Map(files);
  const resolvedLine = renderLine(bridge, files, false);
  for (const path of conflicts) merged.set(path, resolvedLine);
  return repository.graph.add([head, root], merged).sha;
}

/** Draws the changed paths: usually the scope, often also the shared file, sometimes a file outside the scope, rarely none. */
function choosePaths(bridge: Bridge, repository: SimRepository): string[] {
  const { random, faults } = bridge.world;
  const { scope, end } = bridge.assignment.task;
  const paths = end || scope.length === 0 ? [`src/${bridge.key.task}.ts`] : [...scope];
  if (random.chance(0.05) && !end) return [];
  // A change of the shared file outdates the evidence of other pull requests or conflicts with them. Tasks then leave the merge queue, so
  // the change is rarer in a seed that needs tasks in the status `merging`.
  const focusesOnMerging = faults.focusTransitions.some((focus) => focus.status === 'merging');
  if (random.chance(focusesOnMerging ? 0.2 : 0.4)) paths.push('CHANGELOG.md');
  if (random.chance(0.15)) {
    const allPaths = [...repository.graph.get(bridge.assignment.repository.start).files.keys()];
    paths.push(random.pick(allPaths.filter((path) => path !== '.smol-gang.yaml')));
  }
  return paths;
}
