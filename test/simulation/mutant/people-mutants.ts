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

// Mutants of the rules for reviews and checks, caps and bounds, evidence and the merge queue.

export const PEOPLE_MUTANTS: readonly Mutant[] = [
  {
    name: 'failed work is retried without a limit',
    emphasis: ['agent_failed'],
    deps: changeSettings(({ settings: { bounds } }) => ({ bounds: { ...bounds, maxRetries: 99 } })),
    expectedViolation: /began after \d+ \w+ attempts in a row/,
  },
  {
    name: 'the system cap is ignored',
    deps: changeSettings(({ settings: { caps } }) => ({ caps: { ...caps, system: 99 } })),
    expectedViolation: /\d+ pods with a cap of \d+/,
  },
  {
    name: 'the cap of a repository is ignored',
    deps: changeSettings(({ settings: { caps } }) => ({ caps: { ...caps, repository: 99 } })),
    expectedViolation: /\d+ pods with a cap of \d+ in acme/,
  },
  {
    name: 'the cap of a plan is ignored',
    firstSeed: 31,
    deps: changeSettings(({ settings: { caps } }) => ({ caps: { ...caps, plan: 99 } })),
    expectedViolation: /\d+ pods with a cap of \d+ in plan/,
  },
  {
    name: 'the parallelism of a plan is ignored',
    firstSeed: 3,
    deps: corruptReads(isPlanHead, (doc) => doc.replace(/"maxParallel":\d+/, '"maxParallel":99')),
    expectedViolation: /\d+ pods with a cap of \d+ in plan/,
  },
  {
    name: 'a change of a shared file leaves evidence valid',
    firstSeed: 3,
    deps: corruptReads(isPlanHead, (doc) => doc.replace(/"shared":\[[^\]]*\]/g, '"shared":[]')),
    expectedViolation: /with evidence on/,
  },
  {
    name: 'strict merges of a repository are ignored',
    firstSeed: 8,
    deps: corruptReads(isPlanHead, (doc) =>
      doc.replace(/"strictMerge":true/g, '"strictMerge":false'),
    ),
    expectedViolation: /with evidence on/,
  },
  {
    name: 'checks of the forge are ignored',
    firstSeed: 3,
    deps: wrapForge(() => ({
      readChecks: async () => ({ state: 'green', failing: [], pending: [] }),
    })),
    expectedViolation: /its check was not green/,
  },
  {
    name: 'tasks under review are merged without an approval',
    firstSeed: 3,
    deps: corruptReads(isTaskState, (doc) => doc.replace('"policy":"review"', '"policy":"auto"')),
    expectedViolation: /without an approval/,
  },
  {
    name: 'requests for changes are ignored',
    firstSeed: 3,
    emphasis: ['person_reviews'],
    deps: wrapForge((forge) => ({
      readReviews: async (repo, number) => {
        const { reviews, comments } = await forge.readReviews(repo, number);
        return { reviews: reviews.filter(({ state }) => state === 'approved'), comments };
      },
    })),
    expectedViolation: /although changes were requested/,
  },
  {
    name: 'a merge that the forge never made counts as done',
    deps: wrapForge((forge) => ({
      mergePull: async (repo, number) => {
        const { base, headSha } = await forge.readPull(repo, number);
        return { kind: 'merged', sha: (await forge.readBranchHead(repo, base)) ?? headSha };
      },
    })),
    expectedViolation: /began before .* was merged|is complete without/,
  },
  {
    name: 'conflicts are ignored',
    emphasis: ['person_roots'],
    deps: wrapForge(() => ({ tryMerge: async () => 'clean' })),
    expectedViolation: /neither ended nor progressed/,
  },
  {
    name: 'checkpoints of attempts are forgotten',
    firstSeed: 3,
    emphasis: ['agent_failed', 'pod_lost'],
    deps: corruptWrites(isTaskState, (doc) => doc.replace(/"checkpoint":"\w+",/, '')),
    expectedViolation: /without the kept commit/,
  },
  {
    name: 'transitions are forgotten',
    deps: wrapTable((table) => ({
      update: (key, { set: { past: _, ...set } = {}, ...change }, condition) =>
        table.update(key, { ...change, set }, condition),
    })),
    expectedViolation: /the history of/,
  },
  {
    name: 'a plan runs another revision than the approved one',
    deps: corruptWrites(isPlanHead, (doc) => doc.replace(/"approved":\d+/, '"approved":1')),
    expectedViolation: /began before|unknown task|is complete without/,
  },
  {
    name: 'work of a stopped run continues',
    emphasis: ['person_stops'],
    deps: wrapTable((table) => ({
      update: async (key, change, condition) => {
        const doc = change.set?.doc;
        const isCancellation =
          typeof doc === 'string' && /"event":"cancel","actor":"engine"/.test(doc);
        if (!isCancellation) return table.update(key, change, condition);
        return { ...(await table.get(key)), ...key, ...change.set } as Item;
      },
    })),
    expectedViolation: /began after its run was cancelled|left over|is open|the engine deleted/,
  },
  {
    name: 'an upcoming merge is not recorded',
    firstSeed: 30,
    emphasis: ['pod_slow', 'launcher_refuse', 'agent_failed', 'agent_refused'],
    companionBreach: pausedMerges.deps,
    deps: corruptWrites(isMergeQueue, (doc) =>
      doc.replace('"phase":"merging"', '"phase":"checking"'),
    ),
    expectedViolation: /with evidence on|was working on its task|although changes were requested/,
  },
  {
    name: 'the engine merges pull requests of simple plans',
    deps: wrapForge((forge) => ({
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
    expectedViolation: /the engine merged #\d+ into main/,
  },
  {
    name: 'answers do not reach the attempt',
    deps: wrapTable((table) => ({
      query: async (pk, options) =>
        options?.prefix === 'M#' ? { items: [] } : table.query(pk, options),
    })),
    expectedViolation: /neither ended nor progressed/,
  },
  {
    name: 'a commit that a person pushed needs no evidence',
    firstSeed: 8,
    deps: treatMovedHeadAsVerified(() => true),
    expectedViolation: /with evidence on/,
  },
  {
    name: 'a closed pull request counts as open',
    deps: wrapForge((forge) => ({
      readPull: async (repo, number) => {
        const pull = await forge.readPull(repo, number);
        return pull.state === 'closed' ? { ...pull, state: 'open' } : pull;
      },
    })),
    expectedViolation: /neither ended nor progressed/,
  },
  {
    name: 'lost attempts are never detected',
    deps: wrapTable((table) => ({
      queryIndex: async (name, hash, options) => {
        const page = await table.queryIndex(name, hash, options);
        const items = page.items.filter((item) => name !== 'due' || item.status !== 'working');
        return { ...page, items };
      },
    })),
    expectedViolation: /neither ended nor progressed/,
  },
];
