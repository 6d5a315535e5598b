import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { Sha } from '../../../core/port/forge.ts';
import type { SimRepository } from '../forge/forge-state.ts';
import { isTreeGreen, listAuthors } from '../forge/forge-state.ts';
import { createFailedResult, reportDone } from './attempt-result.ts';
import type { Bridge } from './bridge.ts';
import { hasFaultyOutcome } from './faulty-outcome.ts';

// The work of an attempt in its repository: commits on its own branch, and evidence for exactly the reported commit.

export async function performVerification(bridge: Bridge, durationMs: number): Promise<void> {
  const { world, assignment } = bridge;
  const { name, rootBranch, verifyCommit: commit = '' } = assignment.repository;
  const repository = world.forge.getRepository(name);
  const root = world.forge.readHead(name, rootBranch) ?? assignment.repository.root;
  await bridge.waitWhileAlive(durationMs);
  const earlyResult = drawEarlyEnd(bridge);
  if (earlyResult !== undefined) return bridge.reportResult(earlyResult);
  const merge = repository.graph.merge(root, commit);
  if (merge.conflicts.length > 0)
    return bridge.reportResult(createFailedResult('conflict', { files: merge.conflicts }));
  if (!isTreeGreen(repository, merge.files))
    return bridge.reportResult(createFailedResult('verify_red'));
  const changed = repository.graph.diff(repository.graph.get(root).files, merge.files);
  await reportDone(bridge, commit, root, changed);
}

/** Draws a failure that ends the attempt before its work. */
function drawEarlyEnd(bridge: Bridge): AttemptResult | undefined {
  const { random, loop } = bridge.world;
  const until = loop.now + random.between(1_000, 300_000);
  if (hasFaultyOutcome(bridge, 'agent_refused'))
    return createFailedResult(random.pick(['provider', 'forge']), { until });
  if (hasFaultyOutcome(bridge, 'agent_infra')) return createFailedResult('infra');
  if (hasFaultyOutcome(bridge, 'agent_failed'))
    return createFailedResult(random.pick(['agent', 'limit', 'setup']));
  return undefined;
}

/** Renders the content of a changed file: its author, and the authors whose work the author had seen. */
function createContent(bridge: Bridge, files: ReadonlyMap<string, string>, isBad: boolean): string {
  const { task, attemptNumber } = bridge.key;
  return `${isBad ? 'bad-' : ''}${task}@${attemptNumber}:${listAuthors(files).toSorted().join(',')}`;
}

export async function performWork(bridge: Bridge, durationMs: number): Promise<void> {
  const { world, assignment } = bridge;
  const { faults, random } = world;
  const { name, rootBranch } = assignment.repository;
  const repository = world.forge.getRepository(name);
  let head: Sha = assignment.repository.start;
  if (assignment.kind === 'repair') head = mergeRoot(bridge, repository, head, true);
  await bridge.waitWhileAlive(durationMs * 0.4);
  if (faults.drawFault('agent_asks')) await bridge.askQuestion();
  const earlyResult = drawEarlyEnd(bridge);
  if (earlyResult !== undefined) return bridge.reportResult(earlyResult);
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
    paths.length > 0 && faults.drawFault('agent_bad'),
  );
  for (let fixes = 0; ; fixes += 1) {
    head = mergeRoot(bridge, repository, head, false);
    const root = world.forge.readHead(name, rootBranch) ?? assignment.repository.root;
    const containedRoot = repository.graph.findMergeBase(root, head).sha;
    if (repository.graph.isAncestor(head, containedRoot))
      head = repository.graph.add([head], repository.graph.get(head).files).sha;
    await bridge.waitWhileAlive(durationMs * 0.2);
    const { files } = repository.graph.get(head);
    if (isTreeGreen(repository, files)) {
      bridge.pushCommit(head);
      const before = repository.graph.get(containedRoot).files;
      return reportDone(bridge, head, containedRoot, repository.graph.diff(before, files));
    }
    if (fixes === 2 || (faults.isActive && random.chance(0.3)))
      return bridge.reportResult(createFailedResult('verify_red'));
    head = writeCommit(bridge, repository, head, paths, false);
    if (random.chance(0.5)) await bridge.sendCheckpoint(head);
  }
}

function writeCommit(
  bridge: Bridge,
  repository: SimRepository,
  head: Sha,
  paths: readonly string[],
  isBad: boolean,
): Sha {
  const files = new Map(repository.graph.get(head).files);
  const content = createContent(bridge, files, isBad);
  // A good commit also repairs files broken by an earlier bad commit.
  const brokenFiles = isBad ? [] : [...files].filter(([, line]) => line.startsWith('bad-'));
  for (const path of [...paths, ...brokenFiles.map(([name]) => name)]) files.set(path, content);
  return repository.graph.add([head], files).sha;
}

/** Merges the root branch into `head`. With `shouldResolve`, the attempt rewrites conflicting files; otherwise a conflict cancels the merge. */
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
  const content = createContent(bridge, files, false);
  for (const path of conflicts) merged.set(path, content);
  return repository.graph.add([head, root], merged).sha;
}

/** Draws the changed paths: usually the scope, sometimes also a shared file or a file outside the scope, rarely none. */
function choosePaths(bridge: Bridge, repository: SimRepository): string[] {
  const { random, faults } = bridge.world;
  const { scope, end } = bridge.assignment.task;
  const paths = end || scope.length === 0 ? [`src/${bridge.key.task}.ts`] : [...scope];
  if (random.chance(0.03) && !end) return [];
  // A merged change of the shared file invalidates the evidence of waiting pull requests, or conflicts with them.
  const isAboutMerging = faults.foci.some((focus) => focus.status === 'merging');
  if (random.chance(isAboutMerging ? 0.2 : 0.4)) paths.push('CHANGELOG.md');
  if (random.chance(0.15)) {
    const allPaths = [...repository.graph.get(bridge.assignment.repository.start).files.keys()];
    paths.push(random.pick(allPaths.filter((path) => path !== '.smol-gang.yaml')));
  }
  return paths;
}
