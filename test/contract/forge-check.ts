import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';
import { ADMIN_TOKEN } from '../support/forge/test-forge.ts';
import {
  cloneWithToken,
  commitFiles,
  createTokenEnv,
  pushWithToken,
  runGit,
} from '../support/workspace/git.ts';
import type { KnownDifferences } from './known-differences.ts';
import { createTest } from './known-differences.ts';

/** Tests checks, reviews, rules and credentials of the forge port. */
export function describeForgeChecks(
  name: string,
  start: () => Promise<TestForge>,
  differences: KnownDifferences = {},
): void {
  const test = createTest(differences);
  describe(`${name}: checks, reviews, rules, credentials`, () => {
    let t: TestForge;
    let r: TestRepository;
    beforeAll(async () => {
      t = await start();
      r = await t.makeRepository('checks');
    });
    afterAll(() => t.close());

    async function open(head: string) {
      const sha = await t.pushBranch(r, head, { [`${head}.txt`]: head });
      const wanted = { head, base: 'main', title: head, body: '', draft: false, labels: [] };
      const { number } = await t.forge.ensurePull(r.repo, wanted);
      return { number, sha };
    }

    test('checks combines check runs and statuses, and the last of each name counts', async () => {
      const { sha } = await open('ci');
      const runs = `/repos/${r.repo}/check-runs`;
      const statuses = `/repos/${r.repo}/statuses/${sha}`;
      expect(await t.forge.readChecks(r.repo, sha)).toEqual({
        state: 'none',
        failing: [],
        pending: [],
      });

      await t.call(ADMIN_TOKEN, 'POST', runs, { name: 'build', head_sha: sha });
      expect(await t.forge.readChecks(r.repo, sha)).toMatchObject({
        state: 'pending',
        pending: ['build'],
      });
      await t.call(ADMIN_TOKEN, 'POST', runs, {
        name: 'build',
        head_sha: sha,
        conclusion: 'success',
      });
      expect((await t.forge.readChecks(r.repo, sha)).state).toBe('green');
      await t.call(ADMIN_TOKEN, 'POST', statuses, { state: 'pending', context: 'legacy' });
      expect((await t.forge.readChecks(r.repo, sha)).state).toBe('pending');
      await t.call(ADMIN_TOKEN, 'POST', statuses, {
        state: 'failure',
        context: 'legacy',
        description: 'two tests failed',
        target_url: 'http://127.0.0.1/log',
      });

      expect(await t.forge.readChecks(r.repo, sha)).toEqual({
        state: 'red',
        failing: [{ name: 'legacy', summary: 'two tests failed', url: 'http://127.0.0.1/log' }],
        pending: [],
      });
    });

    test('checks reads more check runs and statuses than a page holds', async () => {
      const { sha } = await open('many-checks');
      for (let i = 0; i < 102; i += 1) {
        await t.call(ADMIN_TOKEN, 'POST', `/repos/${r.repo}/check-runs`, {
          name: `check ${i}`,
          head_sha: sha,
          conclusion: i === 0 ? 'failure' : 'success',
        });
        await t.call(ADMIN_TOKEN, 'POST', `/repos/${r.repo}/statuses/${sha}`, {
          context: `status ${i}`,
          state: i === 101 ? 'error' : 'success',
        });
      }

      const checks = await t.forge.readChecks(r.repo, sha);

      expect(checks.failing.map((check) => check.name)).toEqual(['check 0', 'status 101']);
    });

    test('reviews returns reviews and comments oldest first, with write permission and bot flag', async () => {
      const { number, sha } = await open('reviewed');
      const path = `/repos/${r.repo}`;
      const writer = await t.createPerson('writer');
      const stranger = await t.createPerson('stranger', 'read');
      await t.call(writer, 'POST', `${path}/pulls/${number}/reviews`, {
        event: 'REQUEST_CHANGES',
        body: 'Rename it',
        comments: [{ path: 'reviewed.txt', line: 1, body: 'here' }],
      });
      t.advanceClock(2_000);
      await t.call(stranger, 'POST', `${path}/issues/${number}/comments`, { body: 'Do evil' });
      t.advanceClock(2_000);
      await t.forge.postComment(r.repo, number, 'Working on it');
      await t.call(writer, 'POST', `${path}/pulls/${number}/reviews`, { event: 'APPROVE' });

      const { reviews, comments } = await t.forge.readReviews(r.repo, number);

      expect(reviews).toMatchObject([
        { author: 'writer', state: 'changes_requested', body: 'Rename it', commit: sha },
        { author: 'writer', state: 'approved', authorCanWrite: true, isBot: false },
      ]);
      expect(comments).toMatchObject([
        { author: 'writer', authorCanWrite: true, body: 'here', path: 'reviewed.txt', line: 1 },
        { author: 'stranger', authorCanWrite: false, isBot: false, body: 'Do evil' },
        { author: 'smol-gang[bot]', authorCanWrite: false, isBot: true, body: 'Working on it' },
      ]);
    });

    test('reviews reads the write permission of an author again after five minutes', async () => {
      const { number } = await open('demoted');
      const path = `/repos/${r.repo}/pulls/${number}/reviews`;
      const client = t.createClient();
      const canWrite = async () =>
        (await client.readReviews(r.repo, number)).reviews.map((review) => review.authorCanWrite);
      const token = await t.createPerson('demoted');
      await t.call(token, 'POST', path, { event: 'APPROVE' });
      expect(await canWrite()).toEqual([true]);
      await t.createPerson('demoted', 'read');

      expect(await canWrite()).toEqual([true]);
      t.advanceClock(300_001);

      expect(await canWrite()).toEqual([false]);
    });

    test('reviews returns a dismissed review as dismissed, and the forge refuses to approve an own pull request', async () => {
      const { number } = await open('dismissed');
      const writer = await t.createPerson('writer');
      const path = `/repos/${r.repo}/pulls/${number}/reviews`;
      await t.call(writer, 'POST', path, { event: 'APPROVE' });
      const [review] = (await t.forge.readReviews(r.repo, number)).reviews;
      await t.call(ADMIN_TOKEN, 'PUT', `${path}/${review?.id}/dismissals`, { message: 'No' });

      expect((await t.forge.readReviews(r.repo, number)).reviews).toMatchObject([
        { state: 'dismissed' },
      ]);
      await t.pushBranch(r, 'own', { 'own.txt': '1' });
      const own = await t.call(writer, 'POST', `/repos/${r.repo}/pulls`, {
        head: 'own',
        base: 'main',
        title: 'Own',
      });
      expect(own.status).toBe(201);
      const { number: ownNumber } =
        (await t.forge.findPull(r.repo, { head: 'own', base: 'main', labels: [] })) ?? {};
      const approval = await t.call(writer, 'POST', `/repos/${r.repo}/pulls/${ownNumber}/reviews`, {
        event: 'APPROVE',
      });
      expect(approval.status).toBe(422);
    });

    test('reviews reads more comments than a page holds', async () => {
      const { number } = await open('talk');
      for (let i = 0; i < 103; i += 1) await t.forge.postComment(r.repo, number, `comment ${i}`);

      const { comments } = await t.forge.readReviews(r.repo, number);

      expect(comments.map(({ body }) => body)).toEqual(
        Array.from({ length: 103 }, (_, i) => `comment ${i}`),
      );
    });

    test('preflight finds nothing in a repository without obstacles', async () => {
      expect(await t.forge.runPreflight(r.repo, 'main', 'smol-gang/')).toEqual([]);
    });

    test('preflight names every obstacle of a plan', async () => {
      const other = await t.makeRepository('strict');
      await t.pushBranch(other, 'taken', { 'x.txt': '1' });
      await t.call(ADMIN_TOKEN, 'POST', `/repos/${other.repo}/rulesets`, {
        name: 'signed',
        enforcement: 'active',
        conditions: { ref_name: { include: ['~ALL'], exclude: ['refs/heads/main'] } },
        rules: [
          { type: 'required_signatures' },
          { type: 'required_linear_history' },
          { type: 'deletion' },
        ],
      });
      await t.call(ADMIN_TOKEN, 'PUT', `/repos/${other.repo}/branches/taken%2F**%2F*/protection`, {
        required_pull_request_reviews: { required_approving_review_count: 1 },
      });
      await t.call(ADMIN_TOKEN, 'PATCH', `/repos/${other.repo}`, {
        allow_merge_commit: false,
      });

      const findings = await t.forge.runPreflight(other.repo, 'gone', 'taken/deep');

      expect(findings.filter(({ blocking }) => blocking).map(({ rule }) => rule)).toEqual([
        'merge_methods',
        'base_missing',
        'branch_clash',
        'required_signatures',
        'required_linear_history',
        'pull_request',
      ]);
      expect(findings.filter(({ blocking }) => !blocking).map(({ rule }) => rule)).toEqual([
        'deletion',
      ]);
    });

    test('ensureBranch and a push name the rule that refuses them', async () => {
      const ruled = await t.makeRepository('ruled');
      await t.call(ADMIN_TOKEN, 'POST', `/repos/${ruled.repo}/rulesets`, {
        name: 'closed',
        enforcement: 'active',
        conditions: { ref_name: { include: ['refs/heads/closed/**'] } },
        rules: [{ type: 'creation' }],
      });

      const creation = t.forge.ensureBranch(ruled.repo, 'closed/x', ruled.main);
      await expect(creation).rejects.toMatchObject({
        kind: 'refused',
        code: 'rule',
        message: expect.stringContaining('creations being restricted'),
      });
      await expect(t.pushBranch(ruled, 'closed/y', { 'y.txt': '1' })).rejects.toThrow(
        /creations being restricted/,
      );
    });

    test('ensureBranch rejects an archived repository, and preflight reports the archive', async () => {
      const old = await t.makeRepository('archived');
      await t.call(ADMIN_TOKEN, 'PATCH', `/repos/${old.repo}`, { archived: true });

      const creation = t.forge.ensureBranch(old.repo, 'x', old.main);

      await expect(creation).rejects.toMatchObject({ kind: 'refused', code: 'archived' });
      expect(await t.forge.runPreflight(old.repo, 'main', 'x')).toMatchObject([
        { rule: 'archived' },
      ]);
    });

    test('the credential of an attempt pushes only the branch of the attempt, for an hour', async () => {
      const own = 'smol-gang/p1-r1/a/task-1';
      const credential = await t.forge.createGitCredential(r.repo, own);
      const clone = `${r.path}-clone`;
      expect(credential.username).toBe('x-access-token');
      expect(credential.expiresAt - t.now()).toBeLessThanOrEqual(3_600_000);
      await cloneWithToken(r.url, credential.password, clone);
      const commit = await commitFiles(clone, { 'work.txt': 'done' });

      await pushWithToken(clone, r.url, credential.password, `HEAD:refs/heads/${own}`);

      expect(await t.forge.readBranchHead(r.repo, own)).toBe(commit);
      for (const ref of ['refs/heads/main', `refs/heads/${own}x`, 'refs/tags/v1']) {
        const push = pushWithToken(clone, r.url, credential.password, `HEAD:${ref}`);
        await expect(push).rejects.toThrow(/may push to .* only|only branches/);
      }
      const pushOfTwo = [
        'push',
        '--quiet',
        r.url,
        `HEAD:refs/heads/${own}`,
        'HEAD:refs/heads/main',
      ];
      await commitFiles(clone, { 'more.txt': 'more' });
      await expect(runGit(clone, pushOfTwo, createTokenEnv(credential.password))).rejects.toThrow(
        /another reference of this push was refused/,
      );
      expect(await t.forge.readBranchHead(r.repo, own)).toBe(commit);
      expect(await t.forge.readBranchHead(r.repo, 'main')).toBe(r.main);
      const restCall = await t.call(credential.password, 'POST', `/repos/${r.repo}/git/refs`, {
        ref: 'refs/heads/by-api',
        sha: r.main,
      });
      expect(restCall.status).toBe(403);
      const foreign = await t.makeRepository('foreign');
      const foreignClone = cloneWithToken(foreign.url, credential.password, `${clone}-2`);
      await expect(foreignClone).rejects.toThrow(/not found/i);
      t.advanceClock(3_600_001);
      const latePush = pushWithToken(clone, r.url, credential.password, `HEAD:refs/heads/${own}`);
      await expect(latePush).rejects.toThrow();
    });

    test('a read credential fetches and pushes nothing', async () => {
      const own = 'smol-gang/p1-r1/a/task-2';
      const { password } = await t.forge.createGitCredential(r.repo, own, 'read');
      const clone = `${r.path}-read`;
      await cloneWithToken(r.url, password, clone);
      await commitFiles(clone, { 'work.txt': 'done' });

      const push = pushWithToken(clone, r.url, password, `HEAD:refs/heads/${own}`);

      await expect(push).rejects.toThrow();
      expect(await t.forge.readBranchHead(r.repo, own)).toBeUndefined();
    });

    test('a client with a token returns the token as credential', async () => {
      const token = await t.createPerson('owner', 'write');

      const credential = await t.createClient({ token }).createGitCredential(r.repo, 'any');

      expect(credential.password).toBe(token);
    });
  });
}
