import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  readBranchFile,
  submitGraph,
  useStage,
  waitForTaskStatus,
} from '../support/platform/e2e-stage.ts';
import { listRunPulls, requireOnePullPerTask } from '../support/platform/forge-facts.ts';
import { renderGraph, renderWriteInstruction } from '../support/platform/render-graph.ts';
import {
  fetchPlanSnapshot,
  submitPlan,
  waitForPlan,
  waitForPlanStatus,
  waitForTask,
} from '../support/platform/wait-for-plan.ts';
import { makeE2eRepository } from '../support/workspace/e2e-repository.ts';
import {
  checkoutNewBranch,
  cloneWithToken,
  commitFiles,
  pushWithToken,
  runGit,
} from '../support/workspace/git.ts';

// A person works in the repository and at the forge at the same time as smol-gang. smol-gang leaves the work of the person
// untouched and takes its results into account.

const stage = useStage('person');

/** Reads all parts of a repository that a plan must not change. */
async function readUnchangeableState(path: string) {
  const quiet = ['--no-optional-locks'];
  const refs = await runGit(path, ['for-each-ref', '--format=%(refname) %(objectname)']);
  return {
    status: await runGit(path, [...quiet, 'status', '--porcelain=v2', '--branch']),
    index: createHash('sha256')
      .update(await readFile(join(path, '.git/index')))
      .digest('hex'),
    head: await readFile(join(path, '.git/HEAD'), 'utf8'),
    stash: await runGit(path, ['stash', 'list']),
    refs: refs.split('\n').filter((line) => !line.startsWith('refs/heads/smol-gang/')),
    config: await readFile(join(path, '.git/config'), 'utf8'),
  };
}

test('a plan starts from the HEAD of a dirty repository, whose uncommitted work stays untouched', async () => {
  const { platform } = stage;
  const { path } = await makeE2eRepository(platform.workspace, 'dirty');
  await runGit(path, ['checkout', '--quiet', '-b', 'feature']);
  const head = await commitFiles(path, { 'feature.txt': 'begun\n' }, 'Begin');
  await writeFile(join(path, 'README.md'), '# stashed\n');
  await runGit(path, ['stash', 'push', '--quiet']);
  await writeFile(join(path, 'README.md'), '# not committed\n');
  await writeFile(join(path, 'staged.txt'), 'staged\n');
  await runGit(path, ['add', 'staged.txt']);
  await writeFile(join(path, 'new file.txt'), 'untracked\n');
  const before = await readUnchangeableState(path);

  const result = await platform.cli(
    [
      'run',
      '--repo',
      '.',
      '--prompt',
      `Write it down.\n\n${renderWriteInstruction('note.txt', 'noted')}`,
      '--simple',
      '--json',
    ],
    { cwd: path, expectedExit: 0 },
  );
  const plan = result.json(z.object({ plan: z.object({ id: z.string() }) })).plan.id;
  const { plan: view } = await waitForPlanStatus(platform, plan, 'complete', 120_000);

  for (const file of ['README.md', 'staged.txt', 'new file.txt'])
    expect(result.stderr).toContain(file);
  expect(view.repositories).toMatchObject([{ base: 'feature', baseSha: head }]);
  expect(await readUnchangeableState(path)).toEqual(before);
  const branch = `smol-gang/${plan}-r1/t/main`;
  expect(await runGit(path, ['merge-base', head, branch])).toBe(head);
  expect((await runGit(path, ['diff', '--name-only', head, branch])).split('\n')).toEqual([
    'note.txt',
  ]);
  const repo = view.repositories[0]?.name ?? '';
  const { tasks } = await listRunPulls(platform, repo, plan);
  expect(tasks.get('t/main')).toMatchObject([{ draft: false, base: { ref: 'feature' } }]);

  // The person merges in the work tree, because the forge refuses to move a branch that is checked out.
  await runGit(path, ['stash', 'push', '--quiet', '--include-untracked']);
  await runGit(path, ['merge', '--quiet', '--no-edit', branch]);
  await platform.cli(['recover', plan], { expectedExit: 0 });
  await waitForPlan(platform, plan, 'the plan records the merge', ({ plan: current }) =>
    current.pulls.every((pull) => pull.state === 'merged'),
  );
});

/** Clones the repository of a plan with the token of a person, and returns a function that pushes files to a task branch. */
async function createTaskBranchPush(plan: string, repo: string, token: string) {
  const { workspace } = stage.platform;
  const url = `http://127.0.0.1:${workspace.ports.forge}/${repo}.git`;
  const clone = join(workspace.path, 'work', 'clone');
  await cloneWithToken(url, token, clone);
  return async (task: string, files: Record<string, string>): Promise<string> => {
    const branch = `smol-gang/${plan}-r1/t/${task}`;
    await checkoutNewBranch(clone, task, `origin/${branch}`);
    const commit = await commitFiles(clone, files, 'What I would rather have');
    await pushWithToken(clone, url, token, `HEAD:refs/heads/${branch}`);
    return commit;
  };
}

function isInReviewAfter(attempt: number | undefined) {
  return (task: { readonly status: string; readonly attempt: number }): boolean =>
    task.status === 'in_review' && task.attempt > (attempt ?? 0);
}

test('a plan completes after a person pushes to task branches, merges by hand, and closes and reopens a pull request', async () => {
  const { platform, repository } = stage;
  const person = await platform.createPerson('colleague');
  const { plan, repo } = await submitGraph(
    stage,
    [
      { id: 'moved' },
      { id: 'broken' },
      { id: 'hand' },
      { id: 'closed' },
      { id: 'last', dependsOn: ['moved', 'broken', 'hand', 'closed'] },
    ],
    ['--policy', 'review'],
  );
  await platform.cli(['plan', 'approve', plan], { expectedExit: 0 });
  const [moved, broken, hand, closed] = await Promise.all(
    ['moved', 'broken', 'hand', 'closed'].map((task) =>
      waitForTaskStatus(stage, plan, task, 'in_review'),
    ),
  );
  const push = await createTaskBranchPush(plan, repo, person);

  const pushedCommit = await push('moved', { 'src/moved.txt': 'by hand\n' });
  await push('broken', { BROKEN: 'oh\n' });
  const merge = `/api/v3/repos/${repo}/pulls/${hand?.pullRequest?.number}/merge`;
  expect((await platform.forge('PUT', merge, {}, person)).status).toBe(200);
  const setState = (state: string) =>
    platform.forge(
      'PATCH',
      `/api/v3/repos/${repo}/pulls/${closed?.pullRequest?.number}`,
      { state },
      person,
    );
  expect((await setState('closed')).status).toBe(200);

  await waitForTaskStatus(stage, plan, 'hand', 'merged');
  const closedTask = await waitForTaskStatus(stage, plan, 'closed', 'failed');
  expect(closedTask.reason).toMatch(/closed/);
  await waitForTask(platform, plan, 'moved', isInReviewAfter(moved?.attempt), 120_000);
  await waitForTask(platform, plan, 'broken', isInReviewAfter(broken?.attempt), 120_000);
  expect((await setState('open')).status).toBe(200);
  await waitForTaskStatus(stage, plan, 'closed', 'in_review');
  for (const task of ['moved', 'broken', 'closed'])
    await platform.cli(['task', 'approve', plan, task], { expectedExit: 0 });
  await waitForTaskStatus(stage, plan, 'last', 'in_review');
  await platform.cli(['task', 'approve', plan, 'last'], { expectedExit: 0 });
  await waitForPlanStatus(platform, plan, 'complete', 120_000);

  await requireOnePullPerTask(platform, repo, plan, ['broken', 'closed', 'hand', 'last', 'moved']);
  expect(await readBranchFile(stage, plan, 'root', 'src/moved.txt')).toBe('by hand');
  const root = `smol-gang/${plan}-r1/root`;
  expect(await runGit(repository.path, ['merge-base', pushedCommit, root])).toBe(pushedCommit);
  expect(await runGit(repository.path, ['ls-tree', '--name-only', root])).not.toContain('BROKEN');
});

test('a plan over two repositories has linked root pull requests, which become ready together', async () => {
  const { platform } = stage;
  const link = async (name: string) => {
    const { path, head } = await makeE2eRepository(platform.workspace, name);
    const linked = await platform.cli(['repo', 'link', path, '--json'], { expectedExit: 0 });
    return { path, head, name: linked.json(z.looseObject({ name: z.string() })).name };
  };
  const [server, client] = [await link('server'), await link('client')];
  const file = join(platform.workspace.path, 'two.yaml');
  await writeFile(
    file,
    renderGraph('Both sides', [
      { id: 'api', repo: server.name },
      {
        id: 'view',
        repo: client.name,
        dependsOn: ['api'],
        description: `HOLD view\n${renderWriteInstruction('src/view.txt', 'view')}`,
      },
      { id: 'docs', repo: server.name, dependsOn: ['api'] },
    ]),
  );

  const plan = await submitPlan(
    platform,
    ['--repo', server.path, '--repo', client.path, '--plan', file, '--auto-approve'],
    { cwd: platform.workspace.path },
  );
  await waitForTaskStatus(stage, plan, 'docs', 'merged');
  const { root: earlyRoot } = await listRunPulls(platform, server.name, plan);
  stage.model.release('view');
  const { plan: view } = await waitForPlanStatus(platform, plan, 'complete', 120_000);

  expect(earlyRoot?.draft ?? true).toBe(true);
  expect(view.pulls).toHaveLength(2);
  expect(view.pulls.every((pull) => pull.ready)).toBe(true);
  const serverPulls = await requireOnePullPerTask(platform, server.name, plan, ['api', 'docs']);
  const clientPulls = await requireOnePullPerTask(platform, client.name, plan, ['view']);
  const findPullUrl = (name: string) =>
    view.pulls.find((pull) => pull.repo === name)?.url ?? 'none';
  expect(serverPulls.root).toMatchObject({ draft: false, state: 'open' });
  expect(clientPulls.root).toMatchObject({ draft: false, state: 'open' });
  expect(serverPulls.root?.body).toContain(findPullUrl(client.name));
  expect(clientPulls.root?.body).toContain(findPullUrl(server.name));
  for (const { path, head } of [server, client])
    expect(await runGit(path, ['rev-parse', 'main'])).toBe(head);
  expect((await fetchPlanSnapshot(platform, plan)).plan.counts).toEqual({ merged: 3 });
});
