import type { Item } from '../../../core/port/table.ts';
import type { Mutant } from './breach.ts';
import {
  consumeRetryOnEvent,
  corruptTaskState,
  corruptWrites,
  createPerWorld,
  isTaskState,
  treatMovedHeadAsVerified,
  wrapForge,
  wrapTable,
} from './breach.ts';

// Mutants of the rules for branches, root pull requests, join nodes, approvals and simple plans.

/** By `<repository> <root branch>`: the first head that an end node verified. */
const getVerifiedHeads = createPerWorld(() => new Map<string, string>());

export const DELIVERY_MUTANTS: readonly Mutant[] = [
  {
    name: 'a commit that a person adds to a verified root branch is ignored',
    emphasis: ['person_pushes_to_root_branch'],
    changeDeps: wrapForge((forge, world) => ({
      readBranchHead: async (repo, branch) => {
        const head = await forge.readBranchHead(repo, branch);
        if (!branch.endsWith('/root') || head === undefined) return head;
        const verifiedHeads = getVerifiedHeads(world);
        const branchId = `${repo} ${branch}`;
        const isVerified = world.judge.evidence.some(
          ({ commit, attempt }) => commit === head && attempt.task.startsWith('end'),
        );
        if (isVerified && !verifiedHeads.has(branchId)) verifiedHeads.set(branchId, head);
        return verifiedHeads.get(branchId) ?? head;
      },
    })),
    expectedViolation: /which no end node verified/,
  },
  {
    name: 'a lost pod consumes a retry of the agent',
    emphasis: ['pod_dies', 'pod_dies_unreported', 'agent_fails'],
    changeDeps: consumeRetryOnEvent('attempt_lost'),
    expectedViolation: /was given up after/,
  },
  {
    name: 'a join node does not wait for its dependencies',
    firstSeed: 300,
    changeDeps: wrapTable((table) => ({
      put: (item, condition) => {
        const isJoin = typeof item.doc === 'string' && item.doc.includes('"kind":"join"');
        if (!isJoin) return table.put(item, condition);
        const { waits: _, ...itemWithoutWaits } = item;
        return table.put(itemWithoutWaits as Item, condition);
      },
    })),
    expectedViolation: /began before .* was merged/,
  },
  {
    name: 'the engine adds its own commits to task branches',
    changeDeps: wrapForge((forge, world) => ({
      ensureBranch: (repo, branch, sha) => {
        if (!branch.includes('/t/')) return forge.ensureBranch(repo, branch, sha);
        const { graph } = world.forge.getRepository(repo);
        return forge.ensureBranch(repo, branch, graph.add([sha], graph.get(sha).files).sha);
      },
    })),
    expectedViolation: /the branch of task .* which no attempt reported in time/,
  },
  {
    name: 'a root branch is moved to the head of a pull request instead of merging it',
    changeDeps: wrapForge((forge) => ({
      mergePull: async (repo, number, merge) => {
        const { base } = await forge.readPull(repo, number);
        await forge.moveBranch(repo, base, merge.sha);
        return { kind: 'merged', sha: merge.sha };
      },
    })),
    expectedViolation: /without merging a pull request/,
  },
  {
    name: 'a root pull request is opened without draft status',
    changeDeps: wrapForge((forge) => ({
      ensurePull: (repo, pullToOpen) =>
        forge.ensurePull(repo, {
          ...pullToOpen,
          draft: pullToOpen.draft && !pullToOpen.head.endsWith('/root'),
        }),
    })),
    expectedViolation: /which no end node verified/,
  },
  {
    name: 'a verified root pull request stays a draft',
    changeDeps: wrapForge((forge) => ({
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
    changeDeps: treatMovedHeadAsVerified((state) => state.simple),
    emphasis: ['person_pushes_to_task_branch'],
    expectedViolation: /which no attempt verified/,
  },
  {
    name: 'a commit of a repository without verification commands is merged without an approval',
    changeDeps: corruptWrites(isTaskState, (doc) =>
      doc.replaceAll('"empty":true', '"empty":false'),
    ),
    expectedViolation: /without an approval/,
  },
  {
    name: 'a task without changes is merged without an approval',
    changeDeps: corruptTaskState((state) => {
      const isUnchanged = state.status === 'in_review' && state.noChange && !state.pull;
      const { accepted } = state;
      return isUnchanged ? { ...state, status: 'merged', mergeSha: accepted?.commit } : state;
    }),
    expectedViolation: /was merged$|lacks the work of task|no pull request was opened/,
  },
  {
    name: 'a repair without changes is merged by the policy auto',
    emphasis: ['person_reviews_pull'],
    changeDeps: corruptTaskState((state) =>
      state.pull === undefined ? state : { ...state, noChange: undefined },
    ),
    expectedViolation: /without an approval of its commit/,
  },
  {
    name: 'tasks that may change the same file run at the same time',
    changeDeps: corruptWrites(
      (pk) => pk.startsWith('PLAN#'),
      (doc) =>
        doc.includes('"edges":[{') ? JSON.stringify({ ...JSON.parse(doc), edges: [] }) : doc,
    ),
    expectedViolation: /which may also change/,
  },
  {
    name: 'the head branch of an open root pull request is deleted',
    changeDeps: wrapForge((forge) => ({
      markReady: async (repo, pull) => {
        await forge.markReady(repo, pull);
        const { head } = await forge.readPull(repo, pull.number);
        if (head.endsWith('/root')) await forge.deleteBranch(repo, head);
      },
    })),
    expectedViolation: /the engine deleted/,
  },
];
