import type { Item } from '../../../core/port/table.ts';
import type { Mutant } from './breach.ts';
import {
  corruptWrites,
  createPerWorld,
  isTaskState,
  spendRetryOnEvent,
  treatMovedHeadAsVerified,
  wrapForge,
  wrapTable,
} from './breach.ts';

// Mutants of the rules for branches, root pull requests, join nodes and deliveries.

/** By root branch: its first head with a verified end task. */
const getVerifiedHeads = createPerWorld(() => new Map<string, string>());

export const DELIVERY_MUTANTS: readonly Mutant[] = [
  {
    name: 'a commit that a person adds to a verified root branch is ignored',
    emphasis: ['person_roots'],
    deps: wrapForge((forge, world) => ({
      readBranchHead: async (repo, branch) => {
        const head = await forge.readBranchHead(repo, branch);
        if (!branch.endsWith('/root') || head === undefined) return head;
        const verifiedHeads = getVerifiedHeads(world);
        const name = `${repo} ${branch}`;
        const isVerified = world.judge.evidence.some(
          ({ commit, by }) => commit === head && by.task.startsWith('end'),
        );
        if (isVerified && !verifiedHeads.has(name)) verifiedHeads.set(name, head);
        return verifiedHeads.get(name) ?? head;
      },
    })),
    expectedViolation: /which no end task verified/,
  },
  {
    name: 'a lost pod consumes a retry of the agent',
    emphasis: ['pod_lost', 'pod_silent', 'agent_failed'],
    deps: spendRetryOnEvent('attempt_lost'),
    expectedViolation: /was given up after/,
  },
  {
    name: 'a join node does not wait for its dependencies',
    firstSeed: 300,
    deps: wrapTable((table) => ({
      put: (item, condition) => {
        const isJoin = typeof item.doc === 'string' && item.doc.includes('"kind":"join"');
        if (!isJoin) return table.put(item, condition);
        const { waits: _, ...rest } = item;
        return table.put(rest as Item, condition);
      },
    })),
    expectedViolation: /began before .* was merged/,
  },
  {
    name: 'the engine adds its own commits to task branches',
    deps: wrapForge((forge, world) => ({
      ensureBranch: (repo, branch, sha) => {
        if (!branch.includes('/t/')) return forge.ensureBranch(repo, branch, sha);
        const { graph } = world.forge.getRepository(repo);
        return forge.ensureBranch(repo, branch, graph.add([sha], graph.get(sha).files).sha);
      },
    })),
    expectedViolation: /the branch of .* which no attempt reported in time/,
  },
  {
    name: 'a root branch is moved instead of merged',
    deps: wrapForge((forge) => ({
      mergePull: async (repo, number, merge) => {
        const { base } = await forge.readPull(repo, number);
        await forge.moveBranch(repo, base, merge.sha);
        return { kind: 'merged', sha: merge.sha };
      },
    })),
    expectedViolation: /without a merge/,
  },
  {
    name: 'a root pull request is opened without draft status',
    deps: wrapForge((forge) => ({
      ensurePull: (repo, pullToOpen) =>
        forge.ensurePull(repo, {
          ...pullToOpen,
          draft: pullToOpen.draft && !pullToOpen.head.endsWith('/root'),
        }),
    })),
    expectedViolation: /which no end task verified/,
  },
  {
    name: 'a root pull request is never made ready',
    deps: wrapForge((forge) => ({
      markReady: async (repo, pull) => {
        const { head } = await forge.readPull(repo, pull.number);
        if (!head.endsWith('/root')) await forge.markReady(repo, pull);
      },
    })),
    expectedViolation: /which is a draft/,
  },
  {
    name: 'a simple plan delivers an unverified commit',
    firstSeed: 80,
    deps: treatMovedHeadAsVerified((state) => state.simple),
    emphasis: ['person_pushes'],
    expectedViolation: /which no attempt verified/,
  },
  {
    name: 'empty evidence needs no approval',
    deps: corruptWrites(isTaskState, (doc) => doc.replaceAll('"empty":true', '"empty":false')),
    expectedViolation: /without an approval/,
  },
  {
    name: 'tasks that may change the same file run at the same time',
    deps: corruptWrites(
      (pk) => pk.startsWith('PLAN#'),
      (doc) =>
        doc.includes('"edges":[{') ? JSON.stringify({ ...JSON.parse(doc), edges: [] }) : doc,
    ),
    expectedViolation: /which may also change/,
  },
  {
    name: 'branches are deleted while they are in use',
    deps: wrapForge((forge) => ({
      markReady: async (repo, pull) => {
        await forge.markReady(repo, pull);
        const { head } = await forge.readPull(repo, pull.number);
        if (head.endsWith('/root')) await forge.deleteBranch(repo, head);
      },
    })),
    expectedViolation: /the engine deleted/,
  },
];
