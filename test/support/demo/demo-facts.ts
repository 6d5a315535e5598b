import { expect } from 'vitest';
import type { PullFacts } from '../platform/forge-facts.ts';
import { listRunPulls, requireOnePullPerTask } from '../platform/forge-facts.ts';
import { fetchPlanSnapshot, listTaskEvents } from '../platform/wait-for-plan.ts';
import { runGit } from '../workspace/git.ts';
import type { DemoProcess } from './demo-process.ts';

// Checks, at the forge and in the repository, of a demo that finished although its processes were killed in between.

/** Requires that both plans are complete, with one pull request and one merge per task, and without lost commits. */
export async function requireCompleteDemo(demo: DemoProcess): Promise<void> {
  const { repository, path, complexPlan, simplePlan, tasks } = await demo.readFacts();
  const { root, tasks: pulls } = await requireOnePullPerTask(demo, repository, complexPlan, tasks);
  expect(root).toMatchObject({ draft: false, state: 'open' });
  await requireAllMerged(path, [...pulls.values()].flat(), root?.head.sha ?? '');
  await requireOneMergePerTask(demo, path, complexPlan);
  const simpleRun = await listRunPulls(demo, repository, simplePlan);
  const simplePulls = [...simpleRun.tasks.values()].flat();
  expect(simplePulls).toMatchObject([{ draft: false, state: 'open', base: { ref: 'main' } }]);
  expect(demo.output()).not.toContain('is failed');
}

/** Requires that the root branch contains the head of each task, by one merge per task and no other commit. */
async function requireAllMerged(
  path: string,
  pulls: readonly PullFacts[],
  rootHead: string,
): Promise<void> {
  const readGitLines = async (...args: string[]) => (await runGit(path, args)).split('\n');
  const commitsInRoot = new Set(await readGitLines('rev-list', rootHead));
  for (const pull of pulls) {
    expect(commitsInRoot, `the head of ${pull.head.ref}`).toContain(pull.head.sha);
    expect(commitsInRoot, `the merge of ${pull.head.ref}`).toContain(pull.merge_commit_sha);
  }
  const merges = await readGitLines('rev-list', '--first-parent', `main..${rootHead}`);
  expect(merges.toSorted()).toEqual(pulls.map((pull) => pull.merge_commit_sha).toSorted());
  const files = await readGitLines('ls-tree', '-r', '--name-only', rootHead);
  expect(files.filter((file) => /plan|smol-gang/.test(file))).toEqual(['.smol-gang.yaml']);
}

/** Requires that each task was merged once, and that an attempt of the task pushed the head of the task branch. */
async function requireOneMergePerTask(
  demo: DemoProcess,
  path: string,
  plan: string,
): Promise<void> {
  const { tasks } = await fetchPlanSnapshot(demo, plan);
  for (const { id } of tasks.filter(({ kind }) => kind === 'work')) {
    const events = await listTaskEvents(demo, plan, id);
    expect(
      events.filter((event) => event === 'merge_seen'),
      `merges of ${id}`,
    ).toHaveLength(1);
    expect(events, `results of ${id}`).toContain('result_accepted');
    const branches = `refs/heads/smol-gang/${plan}-r1/`;
    const format = '--format=%(objectname)';
    const [head = ''] = (await runGit(path, ['for-each-ref', format, `${branches}t/${id}`])).split(
      '\n',
    );
    const attemptHeads = await runGit(path, ['for-each-ref', format, `${branches}a/${id}-*`]);
    expect(attemptHeads.split('\n'), `attempts of ${id}`).toContain(head);
  }
}
