import { BenchForge, createBenchForgePort } from '../../bench/lab/bench-forge.ts';
import type { Forge } from '../../core/port/forge.ts';
import type { ForgeActor } from '../simulation/forge/forge-state.ts';
import { createSimRepository } from '../simulation/forge/forge-state.ts';
import { SimForge } from '../simulation/forge/sim-forge.ts';
import type { ForgeWitness } from '../simulation/forge/witness.ts';
import { createRandom } from '../simulation/time/random.ts';
import { ADMIN_TOKEN, readField, startTestForge } from '../support/forge/test-forge.ts';
import type { RuleForge } from './forge-rules.ts';

/** Starts the forge emulator, called over HTTP by the GitHub adapter. */
export async function startEmulatedRuleForge(): Promise<RuleForge> {
  const testForge = await startTestForge();
  const repository = await testForge.makeRepository('rules');
  const { repo } = repository;
  const operations = toRuleOperations(testForge.forge, repo);
  async function post(path: string, body: unknown): Promise<unknown> {
    const answer = await testForge.call(ADMIN_TOKEN, 'POST', `/repos/${repo}${path}`, body);
    if (answer.status >= 300)
      throw new Error(
        `POST ${path} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`,
      );
    return answer.body;
  }
  return {
    ...operations,
    commit: async (branch, path = `${branch}.txt`) => {
      const start = await testForge.forge.readBranchHead(repo, branch);
      return testForge.pushBranch(repository, branch, { [path]: `${branch}\n` }, start);
    },
    openPull: async ({ head, base, draft, labels }) => {
      const number = Number(
        readField(await post('/pulls', { head, base, draft, title: head }), 'number'),
      );
      if (labels.length > 0) await post(`/issues/${number}/labels`, { labels });
      return number;
    },
    mergePull: async (number, sha) => {
      // The forge refuses a merge while mergeability is unknown. A read makes the forge compute the mergeability.
      await testForge.forge.readPull(repo, number);
      return operations.mergePull(number, sha);
    },
    close: () => testForge.close(),
  };
}

/** Starts the in-memory forge of the benchmarks. */
export async function startBenchRuleForge(): Promise<RuleForge> {
  const forge = new BenchForge(() => 0);
  return {
    ...toRuleOperations(
      createBenchForgePort(forge, async (_operation, run) => run()),
      'acme/bench',
    ),
    commit: async (branch, path = `${branch}.txt`) => {
      const sha = forge.createCommit(forge.findHead(branch) ?? forge.findHead('main'), [path]);
      forge.pushBranch(branch, sha);
      return sha;
    },
    setBranch: async (branch, sha) => forge.pushBranch(branch, sha),
    openPull: async (pull) => forge.openPull({ ...pull, title: pull.head, body: '' }).number,
    close: async () => {},
  };
}

const ENGINE: ForgeActor = {
  kind: 'engine',
  invocation: 1,
  isLate: () => false,
  getReadTime: () => 0,
};

const NO_WITNESS: ForgeWitness = {
  onBranchMoved: () => {},
  onPullOpened: () => {},
  onPullChanged: () => {},
  onReviewed: () => {},
  onMerged: () => {},
};

/** Starts the forge of the simulation, without faults. */
export async function startSimulatedRuleForge(): Promise<RuleForge> {
  const repo = 'acme/rules';
  const forge = new SimForge(() => 0, createRandom(1), NO_WITNESS, {
    drawHeadLagMs: () => 0,
    drawMergeabilityDelayMs: () => 0,
    drawCheckResult: () => ({ afterMs: 0, flaky: false }),
    drawRule: () => undefined,
  });
  const files = new Map([['a.txt', 'base']]);
  const repository = createSimRepository(repo, 0, { files, clashes: [], hasChecks: false });
  forge.repositories.set(repo, repository);
  return {
    commit: async (branch, path = `${branch}.txt`) => {
      const parent = forge.readHead(repo, branch) ?? forge.readHead(repo, 'main') ?? '';
      const changed = new Map(repository.graph.get(parent).files).set(path, branch);
      const { sha } = repository.graph.add([parent], changed);
      forge.setBranch(repo, branch, sha, ENGINE);
      return sha;
    },
    setBranch: async (branch, sha) => forge.setBranch(repo, branch, sha, ENGINE),
    deleteBranch: async (branch) => forge.setBranch(repo, branch, undefined, ENGINE),
    openPull: async (pull) =>
      forge.openPull(repo, { ...pull, title: pull.head, body: '' }, ENGINE).number,
    closePull: async (number) => forge.closePull(repo, number, ENGINE),
    reopenPull: async (number) => forge.reopenPull(repo, number, ENGINE),
    markDraft: async (number) => forge.setDraft(repo, number, true, ENGINE),
    findPull: async (query) => forge.findPull(repo, query),
    readPull: async (number) => forge.readPull(repo, number),
    mergePull: async (number, sha) => forge.mergePull(repo, number, sha, ENGINE),
    close: async () => {},
  };
}

function toRuleOperations(
  forge: Forge,
  repo: string,
): Omit<RuleForge, 'commit' | 'openPull' | 'close'> {
  return {
    setBranch: async (branch, sha) => {
      const head = await forge.ensureBranch(repo, branch, sha);
      if (head !== sha && (await forge.moveBranch(repo, branch, sha)) === 'diverged') {
        throw new Error(`${branch} cannot be moved forward to ${sha}`);
      }
    },
    deleteBranch: (branch) => forge.deleteBranch(repo, branch),
    closePull: (number) => forge.closePull(repo, number),
    reopenPull: (number) => forge.reopenPull(repo, number),
    markDraft: async (number) => forge.markDraft(repo, await forge.readPull(repo, number)),
    findPull: (query) => forge.findPull(repo, query),
    readPull: (number) => forge.readPull(repo, number),
    mergePull: (number, sha) =>
      forge.mergePull(repo, number, { sha, title: 'Merge', message: '', method: 'merge' }),
  };
}
