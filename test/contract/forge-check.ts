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
    let testForge: TestForge;
    let repository: TestRepository;
    beforeAll(async () => {
      testForge = await start();
      repository = await testForge.makeRepository('checks');
    });
    afterAll(() => testForge.close());

    async function openPull(head: string) {
      const sha = await testForge.pushBranch(repository, head, { [`${head}.txt`]: head });
      const pullRequest = { head, base: 'main', title: head, body: '', draft: false, labels: [] };
      const { number } = await testForge.forge.ensurePull(repository.repo, pullRequest);
      return { number, sha };
    }

    test('readChecks combines check runs and statuses, and uses only the last result of each name', async () => {
      const { sha } = await openPull('ci');
      const runs = `/repos/${repository.repo}/check-runs`;
      const statuses = `/repos/${repository.repo}/statuses/${sha}`;
      expect(await testForge.forge.readChecks(repository.repo, sha)).toEqual({
        state: 'none',
        failing: [],
        pending: [],
      });

      await testForge.call(ADMIN_TOKEN, 'POST', runs, { name: 'build', head_sha: sha });
      expect(await testForge.forge.readChecks(repository.repo, sha)).toMatchObject({
        state: 'pending',
        pending: ['build'],
      });
      await testForge.call(ADMIN_TOKEN, 'POST', runs, {
        name: 'build',
        head_sha: sha,
        conclusion: 'success',
      });
      expect((await testForge.forge.readChecks(repository.repo, sha)).state).toBe('green');
      await testForge.call(ADMIN_TOKEN, 'POST', statuses, { state: 'pending', context: 'legacy' });
      expect((await testForge.forge.readChecks(repository.repo, sha)).state).toBe('pending');
      await testForge.call(ADMIN_TOKEN, 'POST', statuses, {
        state: 'failure',
        context: 'legacy',
        description: 'two tests failed',
        target_url: 'http://127.0.0.1/log',
      });

      expect(await testForge.forge.readChecks(repository.repo, sha)).toEqual({
        state: 'red',
        failing: [{ name: 'legacy', summary: 'two tests failed', url: 'http://127.0.0.1/log' }],
        pending: [],
      });
    });

    test('readChecks reads more check runs and statuses than a page holds', async () => {
      const { sha } = await openPull('many-checks');
      for (let index = 0; index < 102; index += 1) {
        await testForge.call(ADMIN_TOKEN, 'POST', `/repos/${repository.repo}/check-runs`, {
          name: `check ${index}`,
          head_sha: sha,
          conclusion: index === 0 ? 'failure' : 'success',
        });
        await testForge.call(ADMIN_TOKEN, 'POST', `/repos/${repository.repo}/statuses/${sha}`, {
          context: `status ${index}`,
          state: index === 101 ? 'error' : 'success',
        });
      }

      const checks = await testForge.forge.readChecks(repository.repo, sha);

      expect(checks.failing.map((check) => check.name)).toEqual(['check 0', 'status 101']);
    });

    test('readReviews returns reviews and comments oldest first, with write permission and bot flag', async () => {
      const { number, sha } = await openPull('reviewed');
      const path = `/repos/${repository.repo}`;
      const writer = await testForge.createPerson('writer');
      const stranger = await testForge.createPerson('stranger', 'read');
      await testForge.call(writer, 'POST', `${path}/pulls/${number}/reviews`, {
        event: 'REQUEST_CHANGES',
        body: 'Rename it',
        comments: [{ path: 'reviewed.txt', line: 1, body: 'here' }],
      });
      testForge.advanceClock(2_000);
      await testForge.call(stranger, 'POST', `${path}/issues/${number}/comments`, {
        body: 'Do evil',
      });
      testForge.advanceClock(2_000);
      await testForge.forge.postComment(repository.repo, number, 'Working on it');
      await testForge.call(writer, 'POST', `${path}/pulls/${number}/reviews`, { event: 'APPROVE' });

      const { reviews, comments } = await testForge.forge.readReviews(repository.repo, number);

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

    test('readReviews reads the write permission of an author again after five minutes', async () => {
      const { number } = await openPull('demoted');
      const path = `/repos/${repository.repo}/pulls/${number}/reviews`;
      const client = testForge.createClient();
      const listWritePermissions = async () =>
        (await client.readReviews(repository.repo, number)).reviews.map(
          (review) => review.authorCanWrite,
        );
      const token = await testForge.createPerson('demoted');
      await testForge.call(token, 'POST', path, { event: 'APPROVE' });
      expect(await listWritePermissions()).toEqual([true]);
      await testForge.createPerson('demoted', 'read');

      expect(await listWritePermissions()).toEqual([true]);
      testForge.advanceClock(300_001);

      expect(await listWritePermissions()).toEqual([false]);
    });

    test('readReviews returns a dismissed review as dismissed, and the forge refuses an approval from the author of the pull request', async () => {
      const { number } = await openPull('dismissed');
      const writer = await testForge.createPerson('writer');
      const path = `/repos/${repository.repo}/pulls/${number}/reviews`;
      await testForge.call(writer, 'POST', path, { event: 'APPROVE' });
      const [review] = (await testForge.forge.readReviews(repository.repo, number)).reviews;
      await testForge.call(ADMIN_TOKEN, 'PUT', `${path}/${review?.id}/dismissals`, {
        message: 'No',
      });

      expect((await testForge.forge.readReviews(repository.repo, number)).reviews).toMatchObject([
        { state: 'dismissed' },
      ]);
      await testForge.pushBranch(repository, 'own', { 'own.txt': '1' });
      const opening = await testForge.call(writer, 'POST', `/repos/${repository.repo}/pulls`, {
        head: 'own',
        base: 'main',
        title: 'Own',
      });
      expect(opening.status).toBe(201);
      const { number: ownNumber } =
        (await testForge.forge.findPull(repository.repo, {
          head: 'own',
          base: 'main',
          labels: [],
        })) ?? {};
      const approval = await testForge.call(
        writer,
        'POST',
        `/repos/${repository.repo}/pulls/${ownNumber}/reviews`,
        {
          event: 'APPROVE',
        },
      );
      expect(approval.status).toBe(422);
    });

    test('readReviews reads more comments than a page holds', async () => {
      const { number } = await openPull('talk');
      for (let index = 0; index < 103; index += 1)
        await testForge.forge.postComment(repository.repo, number, `comment ${index}`);

      const { comments } = await testForge.forge.readReviews(repository.repo, number);

      expect(comments.map(({ body }) => body)).toEqual(
        Array.from({ length: 103 }, (_, index) => `comment ${index}`),
      );
    });

    test('runPreflight finds nothing in a repository without obstacles', async () => {
      expect(await testForge.forge.runPreflight(repository.repo, 'main', 'smol-gang/')).toEqual([]);
    });

    test('runPreflight names every obstacle of a plan', async () => {
      const strictRepository = await testForge.makeRepository('strict');
      await testForge.pushBranch(strictRepository, 'taken', { 'x.txt': '1' });
      await testForge.call(ADMIN_TOKEN, 'POST', `/repos/${strictRepository.repo}/rulesets`, {
        name: 'signed',
        enforcement: 'active',
        conditions: { ref_name: { include: ['~ALL'], exclude: ['refs/heads/main'] } },
        rules: [
          { type: 'required_signatures' },
          { type: 'required_linear_history' },
          { type: 'deletion' },
        ],
      });
      await testForge.call(
        ADMIN_TOKEN,
        'PUT',
        `/repos/${strictRepository.repo}/branches/taken%2F**%2F*/protection`,
        {
          required_pull_request_reviews: { required_approving_review_count: 1 },
        },
      );
      await testForge.call(ADMIN_TOKEN, 'PATCH', `/repos/${strictRepository.repo}`, {
        allow_merge_commit: false,
      });

      const findings = await testForge.forge.runPreflight(
        strictRepository.repo,
        'gone',
        'taken/deep',
      );

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

    test('the errors of ensureBranch and of a push name the rule that refused the branch', async () => {
      const repositoryWithRule = await testForge.makeRepository('ruled');
      await testForge.call(ADMIN_TOKEN, 'POST', `/repos/${repositoryWithRule.repo}/rulesets`, {
        name: 'closed',
        enforcement: 'active',
        conditions: { ref_name: { include: ['refs/heads/closed/**'] } },
        rules: [{ type: 'creation' }],
      });

      const creation = testForge.forge.ensureBranch(
        repositoryWithRule.repo,
        'closed/x',
        repositoryWithRule.main,
      );
      await expect(creation).rejects.toMatchObject({
        kind: 'refused',
        code: 'rule',
        message: expect.stringContaining('creations being restricted'),
      });
      await expect(
        testForge.pushBranch(repositoryWithRule, 'closed/y', { 'y.txt': '1' }),
      ).rejects.toThrow(/creations being restricted/);
    });

    test('ensureBranch rejects an archived repository, and runPreflight reports that the repository is archived', async () => {
      const archivedRepository = await testForge.makeRepository('archived');
      await testForge.call(ADMIN_TOKEN, 'PATCH', `/repos/${archivedRepository.repo}`, {
        archived: true,
      });

      const creation = testForge.forge.ensureBranch(
        archivedRepository.repo,
        'x',
        archivedRepository.main,
      );

      await expect(creation).rejects.toMatchObject({ kind: 'refused', code: 'archived' });
      expect(
        await testForge.forge.runPreflight(archivedRepository.repo, 'main', 'x'),
      ).toMatchObject([{ rule: 'archived' }]);
    });

    test('the credential of an attempt may push only the branch of the attempt, for an hour', async () => {
      const ownBranch = 'smol-gang/p1-r1/a/task-1';
      const credential = await testForge.forge.createGitCredential(repository.repo, ownBranch);
      const clone = `${repository.path}-clone`;
      expect(credential.username).toBe('x-access-token');
      expect(credential.expiresAt - testForge.now()).toBeLessThanOrEqual(3_600_000);
      await cloneWithToken(repository.url, credential.password, clone);
      const commit = await commitFiles(clone, { 'work.txt': 'done' });

      await pushWithToken(
        clone,
        repository.url,
        credential.password,
        `HEAD:refs/heads/${ownBranch}`,
      );

      expect(await testForge.forge.readBranchHead(repository.repo, ownBranch)).toBe(commit);
      for (const ref of ['refs/heads/main', `refs/heads/${ownBranch}x`, 'refs/tags/v1']) {
        const push = pushWithToken(clone, repository.url, credential.password, `HEAD:${ref}`);
        await expect(push).rejects.toThrow(/may push to .* only|only branches/);
      }
      const pushOfTwo = [
        'push',
        '--quiet',
        repository.url,
        `HEAD:refs/heads/${ownBranch}`,
        'HEAD:refs/heads/main',
      ];
      await commitFiles(clone, { 'more.txt': 'more' });
      await expect(runGit(clone, pushOfTwo, createTokenEnv(credential.password))).rejects.toThrow(
        /another reference of this push was refused/,
      );
      expect(await testForge.forge.readBranchHead(repository.repo, ownBranch)).toBe(commit);
      expect(await testForge.forge.readBranchHead(repository.repo, 'main')).toBe(repository.main);
      const restCall = await testForge.call(
        credential.password,
        'POST',
        `/repos/${repository.repo}/git/refs`,
        {
          ref: 'refs/heads/by-api',
          sha: repository.main,
        },
      );
      expect(restCall.status).toBe(403);
      const foreign = await testForge.makeRepository('foreign');
      const foreignClone = cloneWithToken(foreign.url, credential.password, `${clone}-2`);
      await expect(foreignClone).rejects.toThrow(/not found/i);
      testForge.advanceClock(3_600_001);
      const latePush = pushWithToken(
        clone,
        repository.url,
        credential.password,
        `HEAD:refs/heads/${ownBranch}`,
      );
      await expect(latePush).rejects.toThrow();
    });

    test('a read credential may fetch but not push', async () => {
      const ownBranch = 'smol-gang/p1-r1/a/task-2';
      const { password } = await testForge.forge.createGitCredential(
        repository.repo,
        ownBranch,
        'read',
      );
      const clone = `${repository.path}-read`;
      await cloneWithToken(repository.url, password, clone);
      await commitFiles(clone, { 'work.txt': 'done' });

      const push = pushWithToken(clone, repository.url, password, `HEAD:refs/heads/${ownBranch}`);

      await expect(push).rejects.toThrow();
      expect(await testForge.forge.readBranchHead(repository.repo, ownBranch)).toBeUndefined();
    });

    test('createGitCredential of a client with a personal token returns the same token', async () => {
      const token = await testForge.createPerson('owner', 'write');

      const credential = await testForge
        .createClient({ token })
        .createGitCredential(repository.repo, 'any');

      expect(credential.password).toBe(token);
    });
  });
}
