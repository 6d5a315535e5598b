import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGitHubForge } from '../../../adapters/github/create-github-forge.ts';
import { isAppError } from '../../../core/base/app-error.ts';
import type { Forge } from '../../../core/port/forge.ts';
import { startForge } from '../../../local/forge/start-forge.ts';
import { openDatabase } from '../../../local/forge/store/open-database.ts';
import { spawnForge } from '../../support/forge/forge-process.ts';
import { ADMIN_TOKEN } from '../../support/forge/test-forge.ts';
import {
  commitFiles,
  initRepository,
  makeTemporaryDirectory,
  pushWithToken,
  runGit,
} from '../../support/workspace/git.ts';

const REPO = 'acme/crash';
/** Milliseconds between the merge call and the kill of the forge, one entry per round. */
const KILL_DELAYS_MS = [0, 3, 6, 10, 15, 25];

let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>;
let work: string;
let main: string;
beforeAll(async () => {
  directory = await makeTemporaryDirectory('smol-gang-crash');
  work = join(directory.path, 'work');
  await initRepository(work);
  main = await commitFiles(work, { 'a.txt': 'a' });
});
afterAll(() => directory.remove());

function connect({ apiUrl }: { readonly apiUrl: string }): Forge {
  return createGitHubForge({ baseUrl: apiUrl, auth: { token: ADMIN_TOKEN }, now: Date.now });
}

test('a forge that is killed during a merge has merged the pull request once or not at all after its restart', async () => {
  const dataDir = join(directory.path, 'forge');
  let server = await spawnForge(dataDir);
  const gitUrl = () => server.apiUrl.replace('/api/v3', `/${REPO}.git`);
  await createForgeRepository(server.apiUrl.replace('/api/v3', ''));
  await pushWithToken(work, gitUrl(), ADMIN_TOKEN, `${main}:refs/heads/main`);
  const mergedByRound: boolean[] = [];

  for (const [round, delayMs] of KILL_DELAYS_MS.entries()) {
    const branch = `round-${round}`;
    const base = `base-${round}`;
    await runGit(work, ['checkout', '--quiet', '--detach', main]);
    const sha = await commitFiles(work, { [`${branch}.txt`]: branch });
    await pushWithToken(work, gitUrl(), ADMIN_TOKEN, `${sha}:refs/heads/${branch}`);
    const client = connect(server);
    await client.ensureBranch(REPO, base, main);
    const pullToOpen = { head: branch, base, title: branch, body: '', draft: false, labels: [] };
    const { number } = await client.ensurePull(REPO, pullToOpen);
    await client.readPull(REPO, number);
    const merge = { sha, title: 'Merge', message: '', method: 'squash' } as const;
    const mergeCall = client.mergePull(REPO, number, merge).catch((error: unknown) => error);

    await setTimeout(delayMs);
    await server.kill();
    const answer = await mergeCall;
    server = await spawnForge(dataDir);
    const restartedClient = connect(server);

    const pull = await restartedClient.readPull(REPO, number);
    const head = await restartedClient.readBranchHead(REPO, base);
    expect(pull.state === 'merged').toBe(head !== main);
    if (pull.state === 'merged') expect(pull.mergeSha).toBe(head);
    if (!isAppError(answer)) expect(answer).toEqual({ kind: 'merged', sha: head });
    mergedByRound.push(pull.state === 'merged');
    await restartedClient.readPull(REPO, number);
    const repeatedMerge = await restartedClient.mergePull(REPO, number, merge);
    expect(repeatedMerge).toEqual({
      kind: 'merged',
      sha: await restartedClient.readBranchHead(REPO, base),
    });
    expect((await restartedClient.compareCommits(REPO, main, base)).aheadBy).toBe(1);
  }

  await server.kill();
  expect(mergedByRound).toHaveLength(KILL_DELAYS_MS.length);
});

test.each([
  {
    title: 'completes an interrupted squash whose commit reached the base branch',
    baseHasMoved: true,
  },
  {
    title: 'drops an interrupted squash whose commit did not reach the base branch',
    baseHasMoved: false,
  },
])('a start of the forge $title', async ({ baseHasMoved }) => {
  const dataDir = join(directory.path, `interrupted-${baseHasMoved}`);
  const options = { port: 0, dataDir, adminToken: ADMIN_TOKEN };
  const first = await startForge(options);
  await createForgeRepository(first.url);
  await runGit(work, ['checkout', '--quiet', '--detach', main]);
  const sha = await commitFiles(work, { 'interrupted.txt': '1' });
  const gitUrl = `${first.url}/${REPO}.git`;
  await pushWithToken(work, gitUrl, ADMIN_TOKEN, `${main}:refs/heads/main`);
  await pushWithToken(work, gitUrl, ADMIN_TOKEN, `${sha}:refs/heads/interrupted`);
  const branches = { head: 'interrupted', base: 'main' };
  const pullToOpen = { ...branches, title: 'x', body: '', draft: false, labels: [] };
  const { number } = await connect(first).ensurePull(REPO, pullToOpen);
  await first.close();
  const bare = join(dataDir, 'repos', `${REPO}.git`);
  const squash = await runGit(bare, ['commit-tree', `${sha}^{tree}`, '-p', main, '-m', 'Squash']);
  const database = openDatabase(dataDir);
  database.prepare('update pull set merging_sha = ? where number = ?').run(squash, number);
  database.close();
  if (baseHasMoved) await runGit(bare, ['update-ref', 'refs/heads/main', squash, main]);

  const second = await startForge(options);

  const pull = await connect(second).readPull(REPO, number);
  expect({ state: pull.state, mergeSha: pull.mergeSha }).toEqual(
    baseHasMoved ? { state: 'merged', mergeSha: squash } : { state: 'open', mergeSha: undefined },
  );
  await second.close();
});

async function createForgeRepository(url: string): Promise<void> {
  await fetch(`${url}/_forge/repositories`, {
    method: 'POST',
    headers: { authorization: `token ${ADMIN_TOKEN}` },
    body: JSON.stringify({ name: REPO }),
  });
}
