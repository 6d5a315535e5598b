import type { Item } from '../../../core/port/table.ts';
import type { Mutant } from './breach.ts';
import {
  changeSettings,
  corruptReads,
  corruptWrites,
  isMergeQueue,
  isPlanHead,
  isTaskState,
  treatMovedHeadAsVerified,
  wrapForge,
  wrapTable,
} from './breach.ts';
import { pausedMerges } from './paused-merges.ts';

// Mutants of the rules for reviews, checks, caps, evidence, the merge queue and actions of people at the forge.

export const PEOPLE_MUTANTS: readonly Mutant[] = [
  {
    name: 'failed attempts are retried without a limit',
    emphasis: ['agent_fails'],
    changeDeps: changeSettings(({ settings: { bounds } }) => ({
      bounds: { ...bounds, maxRetries: 99 },
    })),
    expectedViolation: /began after \d+ \w+ attempts in a row/,
  },
  {
    name: 'the cap on all attempts of the system is ignored',
    changeDeps: changeSettings(({ settings: { caps } }) => ({ caps: { ...caps, system: 99 } })),
    expectedViolation: /\d+ pods exceed the \w+ cap of \d+/,
  },
  {
    name: 'the cap on the attempts in a repository is ignored',
    changeDeps: changeSettings(({ settings: { caps } }) => ({ caps: { ...caps, repository: 99 } })),
    expectedViolation: /\d+ pods exceed the repository cap of \d+/,
  },
  {
    name: 'the cap on the attempts of a plan is ignored',
    firstSeed: 31,
    changeDeps: changeSettings(({ settings: { caps } }) => ({ caps: { ...caps, plan: 99 } })),
    expectedViolation: /\d+ pods exceed the plan cap of \d+/,
  },
  {
    name: 'the limit maxParallel of a plan is ignored',
    firstSeed: 3,
    changeDeps: corruptReads(isPlanHead, (doc) =>
      doc.replace(/"maxParallel":\d+/, '"maxParallel":99'),
    ),
    expectedViolation: /\d+ pods exceed the plan cap of \d+/,
  },
  {
    name: 'evidence stays current after a change of a shared file',
    firstSeed: 3,
    changeDeps: corruptReads(isPlanHead, (doc) =>
      doc.replace(/"shared":\[[^\]]*\]/g, '"shared":[]'),
    ),
    expectedViolation: /without current evidence/,
  },
  {
    name: 'the setting strictMerge of a repository is ignored',
    firstSeed: 8,
    changeDeps: corruptReads(isPlanHead, (doc) =>
      doc.replace(/"strictMerge":true/g, '"strictMerge":false'),
    ),
    expectedViolation: /without current evidence/,
  },
  {
    name: 'the checks of a pull request are ignored',
    firstSeed: 3,
    changeDeps: wrapForge(() => ({
      readChecks: async () => ({ state: 'green', failing: [], pending: [] }),
    })),
    expectedViolation: /the check of its commit was not green/,
  },
  {
    name: 'tasks of a plan with the policy review are merged without an approval',
    firstSeed: 3,
    changeDeps: corruptReads(isTaskState, (doc) =>
      doc.replace('"policy":"review"', '"policy":"auto"'),
    ),
    expectedViolation: /without an approval/,
  },
  {
    name: 'change requests of reviewers are ignored',
    firstSeed: 3,
    emphasis: ['person_reviews_pull'],
    changeDeps: wrapForge((forge) => ({
      readReviews: async (repo, number) => {
        const { reviews, comments } = await forge.readReviews(repo, number);
        return { reviews: reviews.filter(({ state }) => state === 'approved'), comments };
      },
    })),
    expectedViolation: /although changes were requested/,
  },
  {
    name: 'only the last review of all reviewers counts',
    emphasis: ['person_reviews_pull'],
    changeDeps: wrapForge((forge) => ({
      readReviews: async (repo, number) => {
        const { reviews, comments } = await forge.readReviews(repo, number);
        return { reviews: reviews.slice(-1), comments };
      },
    })),
    expectedViolation: /although changes were requested/,
  },
  {
    name: 'an approval counts for all later commits of the task',
    emphasis: ['person_reviews_pull'],
    changeDeps: corruptReads(isTaskState, (doc) => {
      const accepted = /"accepted":\{"commit":"([0-9a-f]{40})"/.exec(doc)?.[1];
      return doc.replace(/"approvedCommit":"[0-9a-f]{40}"/, `"approvedCommit":"${accepted}"`);
    }),
    expectedViolation: /without an approval/,
  },
  {
    name: 'a closed plan forgets the branches of its runs',
    changeDeps: corruptReads(isPlanHead, (doc) =>
      doc.includes('"status":"closed"')
        ? doc.replace(/"pendingCleanups":\[[^\]]*\]/, '"pendingCleanups":[]')
        : doc,
    ),
    expectedViolation: /of the closed plan .* still exists/,
  },
  {
    name: 'a closed plan keeps its pull requests open',
    changeDeps: corruptReads(isPlanHead, (doc) =>
      doc.includes('"status":"closed"')
        ? doc.replace(/"stoppingRuns":\[[^\]]*\]/, '"stoppingRuns":[]')
        : doc,
    ),
    expectedViolation: /which the open pull request|of the closed plan .* is still open/,
  },
  {
    name: 'a merge that the forge never made counts as done',
    changeDeps: wrapForge((forge) => ({
      mergePull: async (repo, number) => {
        const { base, headSha } = await forge.readPull(repo, number);
        return { kind: 'merged', sha: (await forge.readBranchHead(repo, base)) ?? headSha };
      },
    })),
    expectedViolation: /began before .* was merged|is complete although/,
  },
  {
    name: 'merge conflicts are ignored',
    emphasis: ['person_pushes_to_root_branch'],
    changeDeps: wrapForge(() => ({ tryMerge: async () => 'clean' })),
    expectedViolation: /did not end after the faults/,
  },
  {
    name: 'checkpoints of attempts are forgotten',
    firstSeed: 3,
    emphasis: ['agent_fails', 'pod_dies'],
    changeDeps: corruptWrites(isTaskState, (doc) => doc.replace(/"checkpoint":"\w+",/, '')),
    expectedViolation: /without the saved commit/,
  },
  {
    name: 'transitions are missing in the stored history',
    changeDeps: wrapTable((table) => ({
      update: (key, { set: { past: _, ...set } = {}, ...change }, condition) =>
        table.update(key, { ...change, set }, condition),
    })),
    expectedViolation: /the history of/,
  },
  {
    name: 'a plan runs another revision than the approved one',
    changeDeps: corruptWrites(isPlanHead, (doc) =>
      doc.replace(/"approvedRevision":\d+/, '"approvedRevision":1'),
    ),
    expectedViolation: /began before|unknown task|is complete although/,
  },
  {
    name: 'the tasks of a stopped run are not cancelled',
    emphasis: ['person_stops_plan'],
    changeDeps: wrapTable((table) => ({
      update: async (key, change, condition) => {
        const doc = change.set?.doc;
        const isCancellation =
          typeof doc === 'string' && /"event":"cancel","actor":"engine"/.test(doc);
        if (!isCancellation) return table.update(key, change, condition);
        return { ...(await table.get(key)), ...key, ...change.set } as Item;
      },
    })),
    expectedViolation:
      /began after its run was cancelled|still exists after|is still open|the engine deleted/,
  },
  {
    name: 'the merge queue does not record a merge before the merge call',
    firstSeed: 30,
    emphasis: ['pod_starts_late', 'launch_refused', 'agent_fails', 'provider_refuses_attempt'],
    companionFault: pausedMerges.changeDeps,
    changeDeps: corruptWrites(isMergeQueue, (doc) =>
      doc.replace('"phase":"merging"', '"phase":"checking"'),
    ),
    expectedViolation:
      /without current evidence|was working on its task|although changes were requested/,
  },
  {
    name: 'the engine merges pull requests of simple plans',
    changeDeps: wrapForge((forge) => ({
      markReady: async (repo, pull) => {
        await forge.markReady(repo, pull);
        const { base, headSha } = await forge.readPull(repo, pull.number);
        if (base === 'main')
          await forge.mergePull(repo, pull.number, {
            sha: headSha,
            title: '',
            message: '',
            method: 'merge',
          });
      },
    })),
    expectedViolation: /the engine merged pull request #\d+ into main/,
  },
  {
    name: 'answers of people do not reach the attempt that asked',
    changeDeps: wrapTable((table) => ({
      query: async (pk, options) =>
        options?.prefix === 'M#' ? { items: [] } : table.query(pk, options),
    })),
    expectedViolation: /did not end after the faults/,
  },
  {
    name: 'a commit that a person pushed is merged without evidence',
    firstSeed: 8,
    changeDeps: treatMovedHeadAsVerified(() => true),
    expectedViolation: /without current evidence/,
  },
  {
    name: 'a closed pull request counts as open',
    changeDeps: wrapForge((forge) => ({
      readPull: async (repo, number) => {
        const pull = await forge.readPull(repo, number);
        return pull.state === 'closed' ? { ...pull, state: 'open' } : pull;
      },
    })),
    expectedViolation: /did not end after the faults/,
  },
  {
    name: 'lost attempts are never detected',
    changeDeps: wrapTable((table) => ({
      queryIndex: async (name, hash, options) => {
        const page = await table.queryIndex(name, hash, options);
        const items = page.items.filter((item) => name !== 'due' || item.status !== 'working');
        return { ...page, items };
      },
    })),
    expectedViolation: /did not end after the faults/,
  },
];
