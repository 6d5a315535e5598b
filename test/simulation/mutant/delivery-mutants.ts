import type { Item } from '../../../core/port/table.ts';
import {
  isTask,
  type Mutant,
  miswrite,
  onForge,
  onTable,
  perWorld,
  proven,
  spendsTry,
} from './break-rule.ts';

// Each breaks one rule of the engine from outside. Here: branches, root pull requests, joins and what is delivered.

/** By root branch: the commit of the first end that was verified. */
const firstEnds = perWorld(() => new Map<string, string>());

export const DELIVERY_MUTANTS: readonly Mutant[] = [
  {
    name: 'what a person adds to the root after it was verified is not seen',
    emphasis: ['person_roots'],
    deps: onForge((forge, world) => ({
      branchHead: async (repo, branch) => {
        const head = await forge.branchHead(repo, branch);
        if (!branch.endsWith('/root') || head === undefined) return head;
        const ends = firstEnds(world);
        const name = `${repo} ${branch}`;
        const isVerified = world.judge.evidence.some(
          ({ commit, by }) => commit === head && by.task.startsWith('end'),
        );
        if (isVerified && !ends.has(name)) ends.set(name, head);
        return ends.get(name) ?? head;
      },
    })),
    caught: /which no end verified/,
  },
  {
    name: 'a lost pod spends a try of the agent',
    emphasis: ['pod_lost', 'pod_silent', 'agent_failed'],
    deps: spendsTry('attempt_lost'),
    caught: /was given up after/,
  },
  {
    name: 'a join waits for nobody',
    from: 300,
    deps: onTable((table) => ({
      put: (item, condition) => {
        const isJoin = typeof item.doc === 'string' && item.doc.includes('"kind":"join"');
        if (!isJoin) return table.put(item, condition);
        const { waits: _, ...rest } = item;
        return table.put(rest as Item, condition);
      },
    })),
    caught: /began before .* was merged/,
  },
  {
    name: 'the engine adds commits of its own to task branches',
    deps: onForge((forge, world) => ({
      ensureBranch: (repo, branch, sha) => {
        if (!branch.includes('/t/')) return forge.ensureBranch(repo, branch, sha);
        const { graph } = world.forge.repo(repo);
        return forge.ensureBranch(repo, branch, graph.add([sha], graph.get(sha).files).sha);
      },
    })),
    caught: /which no attempt reported in time/,
  },
  {
    name: 'a root is moved where it should be merged',
    deps: onForge((forge) => ({
      mergePull: async (repo, number, merge) => {
        const { base } = await forge.pull(repo, number);
        await forge.moveBranch(repo, base, merge.sha);
        return { kind: 'merged', sha: merge.sha };
      },
    })),
    caught: /and merged nothing/,
  },
  {
    name: 'a root pull request is open to all from the start',
    deps: onForge((forge) => ({
      ensurePull: (repo, wanted) =>
        forge.ensurePull(repo, {
          ...wanted,
          draft: wanted.draft && !wanted.head.endsWith('/root'),
        }),
    })),
    caught: /which no end verified/,
  },
  {
    name: 'a root pull request is never made ready',
    deps: onForge((forge) => ({
      markReady: async (repo, pull) => {
        const { head } = await forge.pull(repo, pull.number);
        if (!head.endsWith('/root')) await forge.markReady(repo, pull);
      },
    })),
    caught: /is to be merged, and is a draft/,
  },
  {
    name: 'what nobody verified is delivered by a simple plan',
    from: 80,
    deps: proven((state) => state.simple),
    emphasis: ['person_pushes'],
    caught: /which nobody verified/,
  },
  {
    name: 'with nothing to verify by nobody has to look',
    deps: miswrite(isTask, (doc) => doc.replaceAll('"empty":true', '"empty":false')),
    caught: /nobody approved it/,
  },
  {
    name: 'tasks that may change the same file run side by side',
    deps: miswrite(
      (pk) => pk.startsWith('PLAN#'),
      (doc) =>
        doc.includes('"edges":[{') ? JSON.stringify({ ...JSON.parse(doc), edges: [] }) : doc,
    ),
    caught: /which also has/,
  },
  {
    name: 'branches are deleted while they are in use',
    deps: onForge((forge) => ({
      markReady: async (repo, pull) => {
        await forge.markReady(repo, pull);
        const { head } = await forge.pull(repo, pull.number);
        if (head.endsWith('/root')) await forge.deleteBranch(repo, head);
      },
    })),
    caught: /the engine deleted/,
  },
];
