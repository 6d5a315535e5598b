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

// Each breaks one rule of the engine from outside. Here: branches, root pull requests, joins and what is delivered.

/** By root branch: the commit of the first end that was verified. */
const getFirstEnds = createPerWorld(() => new Map<string, string>());

export const DELIVERY_MUTANTS: readonly Mutant[] = [
  {
    name: 'what a person adds to the root after it was verified is not seen',
    emphasis: ['person_roots'],
    deps: wrapForge((forge, world) => ({
      readBranchHead: async (repo, branch) => {
        const head = await forge.readBranchHead(repo, branch);
        if (!branch.endsWith('/root') || head === undefined) return head;
        const ends = getFirstEnds(world);
        const name = `${repo} ${branch}`;
        const isVerified = world.judge.evidence.some(
          ({ commit, by }) => commit === head && by.task.startsWith('end'),
        );
        if (isVerified && !ends.has(name)) ends.set(name, head);
        return ends.get(name) ?? head;
      },
    })),
    expectedViolation: /which no end verified/,
  },
  {
    name: 'a lost pod spends a try of the agent',
    emphasis: ['pod_lost', 'pod_silent', 'agent_failed'],
    deps: spendRetryOnEvent('attempt_lost'),
    expectedViolation: /was given up after/,
  },
  {
    name: 'a join waits for nobody',
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
    name: 'the engine adds commits of its own to task branches',
    deps: wrapForge((forge, world) => ({
      ensureBranch: (repo, branch, sha) => {
        if (!branch.includes('/t/')) return forge.ensureBranch(repo, branch, sha);
        const { graph } = world.forge.repo(repo);
        return forge.ensureBranch(repo, branch, graph.add([sha], graph.get(sha).files).sha);
      },
    })),
    expectedViolation: /which no attempt reported in time/,
  },
  {
    name: 'a root is moved where it should be merged',
    deps: wrapForge((forge) => ({
      mergePull: async (repo, number, merge) => {
        const { base } = await forge.readPull(repo, number);
        await forge.moveBranch(repo, base, merge.sha);
        return { kind: 'merged', sha: merge.sha };
      },
    })),
    expectedViolation: /and merged nothing/,
  },
  {
    name: 'a root pull request is open to all from the start',
    deps: wrapForge((forge) => ({
      ensurePull: (repo, wanted) =>
        forge.ensurePull(repo, {
          ...wanted,
          draft: wanted.draft && !wanted.head.endsWith('/root'),
        }),
    })),
    expectedViolation: /which no end verified/,
  },
  {
    name: 'a root pull request is never made ready',
    deps: wrapForge((forge) => ({
      markReady: async (repo, pull) => {
        const { head } = await forge.readPull(repo, pull.number);
        if (!head.endsWith('/root')) await forge.markReady(repo, pull);
      },
    })),
    expectedViolation: /is to be merged, and is a draft/,
  },
  {
    name: 'what nobody verified is delivered by a simple plan',
    firstSeed: 80,
    deps: treatMovedHeadAsVerified((state) => state.simple),
    emphasis: ['person_pushes'],
    expectedViolation: /which nobody verified/,
  },
  {
    name: 'with nothing to verify by nobody has to look',
    deps: corruptWrites(isTaskState, (doc) => doc.replaceAll('"empty":true', '"empty":false')),
    expectedViolation: /nobody approved it/,
  },
  {
    name: 'tasks that may change the same file run side by side',
    deps: corruptWrites(
      (pk) => pk.startsWith('PLAN#'),
      (doc) =>
        doc.includes('"edges":[{') ? JSON.stringify({ ...JSON.parse(doc), edges: [] }) : doc,
    ),
    expectedViolation: /which also has/,
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
