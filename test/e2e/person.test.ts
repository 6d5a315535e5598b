import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { makeRepository } from '../support/e2e-repository.ts';
import { contentOf, handIn, untilTaskIs, useStage } from '../support/e2e-stage.ts';
import { pullsOfRun, requireOneEach } from '../support/forge-facts.ts';
import { checkoutNew, cloneWithToken, commitFiles, git, pushWithToken } from '../support/git.ts';
import { graphText, write } from '../support/graph-text.ts';
import { lookAt, runPlan, untilPlan, untilStatus, untilTask } from '../support/plan-watch.ts';

// What a person does beside smol-gang, in the repository and at the forge: nothing of theirs is lost or touched, and what
// they did there counts.

const stage = useStage('person');

/** Everything of a repository that belongs to the person. */
async function ownState(path: string) {
  const quiet = ['--no-optional-locks'];
  const refs = await git(path, ['for-each-ref', '--format=%(refname) %(objectname)']);
  return {
    status: await git(path, [...quiet, 'status', '--porcelain=v2', '--branch']),
    index: createHash('sha256')
      .update(await readFile(join(path, '.git/index')))
      .digest('hex'),
    head: await readFile(join(path, '.git/HEAD'), 'utf8'),
    stash: await git(path, ['stash', 'list']),
    refs: refs.split('\n').filter((line) => !line.startsWith('refs/heads/smol-gang/')),
    config: await readFile(join(path, '.git/config'), 'utf8'),
  };
}

test('a dirty repository is worked on at its HEAD, and stays as it was', async () => {
  const { platform } = stage;
  const { path } = await makeRepository(platform.ground, 'dirty');
  await git(path, ['checkout', '--quiet', '-b', 'feature']);
  const head = await commitFiles(path, { 'feature.txt': 'begun\n' }, 'Begin');
  await writeFile(join(path, 'README.md'), '# stashed\n');
  await git(path, ['stash', 'push', '--quiet']);
  await writeFile(join(path, 'README.md'), '# not committed\n');
  await writeFile(join(path, 'staged.txt'), 'staged\n');
  await git(path, ['add', 'staged.txt']);
  await writeFile(join(path, 'new file.txt'), 'untracked\n');
  const before = await ownState(path);

  const made = await platform.cli(
    [
      'run',
      '--repo',
      '.',
      '--prompt',
      `Write it down.\n\n${write('note.txt', 'noted')}`,
      '--simple',
      '--json',
    ],
    { cwd: path, exit: 0 },
  );
  const plan = made.json(z.object({ plan: z.object({ id: z.string() }) })).plan.id;
  const { plan: view } = await untilStatus(platform, plan, 'complete', 120_000);

  for (const file of ['README.md', 'staged.txt', 'new file.txt'])
    expect(made.stderr).toContain(file);
  expect(view.repositories).toMatchObject([{ base: 'feature', baseSha: head }]);
  expect(await ownState(path)).toEqual(before);
  const branch = `smol-gang/${plan}-r1/t/main`;
  expect(await git(path, ['merge-base', head, branch])).toBe(head);
  expect((await git(path, ['diff', '--name-only', head, branch])).split('\n')).toEqual([
    'note.txt',
  ]);
  const repo = view.repositories[0]?.name ?? '';
  const { tasks } = await pullsOfRun(platform, repo, plan);
  expect(tasks.get('t/main')).toMatchObject([{ draft: false, base: { ref: 'feature' } }]);

  // Merged where the branch is checked out, as the forge's own merge would move it under the person.
  await git(path, ['stash', 'push', '--quiet', '--include-untracked']);
  await git(path, ['merge', '--quiet', '--no-edit', branch]);
  await platform.cli(['recover', plan], { exit: 0 });
  await untilPlan(platform, plan, 'the merge is seen', ({ plan: seen }) =>
    seen.pulls.every((pull) => pull.state === 'merged'),
  );
});

test('a head that a person moved, a merge by hand, and a closed pull request that is reopened', async () => {
  const { platform, repository } = stage;
  const person = await platform.person('somebody');
  const { plan, repo } = await handIn(
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
  await platform.cli(['plan', 'approve', plan], { exit: 0 });
  const [moved, broken, hand, closed] = await Promise.all(
    ['moved', 'broken', 'hand', 'closed'].map((task) =>
      untilTaskIs(stage, plan, task, 'in_review'),
    ),
  );
  const branchOf = (task: string) => `smol-gang/${plan}-r1/t/${task}`;
  const url = `http://127.0.0.1:${platform.ground.ports.forge}/${repo}.git`;
  const clone = join(platform.ground.path, 'work', 'clone');
  await cloneWithToken(url, person, clone);
  const push = async (task: string, files: Record<string, string>) => {
    await checkoutNew(clone, task, `origin/${branchOf(task)}`);
    const commit = await commitFiles(clone, files, 'What I would rather have');
    await pushWithToken(clone, url, person, `HEAD:refs/heads/${branchOf(task)}`);
    return commit;
  };

  const mine = await push('moved', { 'src/moved.txt': 'by hand\n' });
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

  await untilTaskIs(stage, plan, 'hand', 'merged');
  const gone = await untilTaskIs(stage, plan, 'closed', 'failed');
  expect(gone.reason).toMatch(/closed/);
  const again = (attempt: number | undefined) => (task: { status: string; attempt: number }) =>
    task.status === 'in_review' && task.attempt > (attempt ?? 0);
  await untilTask(platform, plan, 'moved', again(moved?.attempt), 120_000);
  await untilTask(platform, plan, 'broken', again(broken?.attempt), 120_000);
  expect((await setState('open')).status).toBe(200);
  await untilTaskIs(stage, plan, 'closed', 'in_review');
  for (const task of ['moved', 'broken', 'closed'])
    await platform.cli(['task', 'approve', plan, task], { exit: 0 });
  await untilTaskIs(stage, plan, 'last', 'in_review');
  await platform.cli(['task', 'approve', plan, 'last'], { exit: 0 });
  await untilStatus(platform, plan, 'complete', 120_000);

  await requireOneEach(platform, repo, plan, ['broken', 'closed', 'hand', 'last', 'moved']);
  expect(await contentOf(stage, plan, 'root', 'src/moved.txt')).toBe('by hand');
  const root = `smol-gang/${plan}-r1/root`;
  expect(await git(repository.path, ['merge-base', mine, root])).toBe(mine);
  expect(await git(repository.path, ['ls-tree', '--name-only', root])).not.toContain('BROKEN');
});

test('a plan over two repositories has a root pull request in each, linked and ready together', async () => {
  const { platform } = stage;
  const link = async (name: string) => {
    const { path, head } = await makeRepository(platform.ground, name);
    const linked = await platform.cli(['repo', 'link', path, '--json'], { exit: 0 });
    return { path, head, name: linked.json(z.looseObject({ name: z.string() })).name };
  };
  const [server, client] = [await link('server'), await link('client')];
  const file = join(platform.ground.path, 'two.yaml');
  await writeFile(
    file,
    graphText('Both sides', [
      { id: 'api', repo: server.name },
      {
        id: 'view',
        repo: client.name,
        dependsOn: ['api'],
        description: `HOLD view\n${write('src/view.txt', 'view')}`,
      },
      { id: 'docs', repo: server.name, dependsOn: ['api'] },
    ]),
  );

  const plan = await runPlan(
    platform,
    ['--repo', server.path, '--repo', client.path, '--plan', file, '--auto-approve'],
    { cwd: platform.ground.path },
  );
  await untilTaskIs(stage, plan, 'docs', 'merged');
  const { root: early } = await pullsOfRun(platform, server.name, plan);
  stage.model.release('view');
  const { plan: view } = await untilStatus(platform, plan, 'complete', 120_000);

  expect(early?.draft ?? true).toBe(true);
  expect(view.pulls).toHaveLength(2);
  expect(view.pulls.every((pull) => pull.ready)).toBe(true);
  const left = await requireOneEach(platform, server.name, plan, ['api', 'docs']);
  const right = await requireOneEach(platform, client.name, plan, ['view']);
  const urlOf = (name: string) => view.pulls.find((pull) => pull.repo === name)?.url ?? 'none';
  expect(left.root).toMatchObject({ draft: false, state: 'open' });
  expect(right.root).toMatchObject({ draft: false, state: 'open' });
  expect(left.root?.body).toContain(urlOf(client.name));
  expect(right.root?.body).toContain(urlOf(server.name));
  for (const { path, head } of [server, client])
    expect(await git(path, ['rev-parse', 'main'])).toBe(head);
  expect((await lookAt(platform, plan)).plan.counts).toEqual({ merged: 3 });
});
