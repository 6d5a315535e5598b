import { expect } from 'vitest';
import type { PullFacts } from '../platform/forge-facts.ts';
import { listRunPulls, requireOnePullPerTask } from '../platform/forge-facts.ts';
import { fetchPlanSnapshot, listTaskEvents } from '../platform/wait-for-plan.ts';
import { runGit } from '../workspace/git.ts';
import type { DemoProcess } from './demo-process.ts';

// What must be true of a demo that was dealt blows, as forge and repository tell it.

/** Both plans are complete, with one pull request and one merge for each task, and no commit is lost. */
export async function requireWholeDemo(demo: DemoProcess): Promise<void> {
  const { repository, path, complexPlan, simplePlan, tasks } = await demo.readFacts();
  const { root, tasks: pulls } = await requireOnePullPerTask(demo, repository, complexPlan, tasks);
  expect(root).toMatchObject({ draft: false, state: 'open' });
  await requireNothingLost(path, [...pulls.values()].flat(), root?.head.sha ?? '');
  await requireAccepted(demo, path, complexPlan);
  const simple = await listRunPulls(demo, repository, simplePlan);
  const single = [...simple.tasks.values()].flat();
  expect(single).toMatchObject([{ draft: false, state: 'open', base: { ref: 'main' } }]);
  expect(demo.output()).not.toContain('is failed');
}

/** What was accepted of each task is in the root branch, brought there by one merge; nothing else is. */
async function requireNothingLost(
  path: string,
  pulls: readonly PullFacts[],
  tip: string,
): Promise<void> {
  const lines = async (...args: string[]) => (await runGit(path, args)).split('\n');
  const inRoot = new Set(await lines('rev-list', tip));
  for (const pull of pulls) {
    expect(inRoot, `the head of ${pull.head.ref}`).toContain(pull.head.sha);
    expect(inRoot, `the merge of ${pull.head.ref}`).toContain(pull.merge_commit_sha);
  }
  const merges = await lines('rev-list', '--first-parent', `main..${tip}`);
  expect(merges.toSorted()).toEqual(pulls.map((pull) => pull.merge_commit_sha).toSorted());
  const files = await lines('ls-tree', '-r', '--name-only', tip);
  expect(files.filter((file) => /plan|smol-gang/.test(file))).toEqual(['.smol-gang.yaml']);
}

/** Each task was merged once, and what stands on its branch is what one of its attempts was accepted for. */
async function requireAccepted(demo: DemoProcess, path: string, plan: string): Promise<void> {
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
    const attempts = await runGit(path, ['for-each-ref', format, `${branches}a/${id}-*`]);
    expect(attempts.split('\n'), `attempts of ${id}`).toContain(head);
  }
}
