import type { Item } from '../../../core/port/table.ts';
import type { Mutant } from './breach.ts';
import {
  changeSettings,
  corruptReads,
  corruptWrites,
  isLane,
  isPlanHead,
  isTaskState,
  treatMovedHeadAsVerified,
  wrapForge,
  wrapTable,
} from './breach.ts';
import { pausedMerges } from './paused-merges.ts';

// Each breaks one rule of the engine from outside. Here: what people and checks say, caps and bounds, evidence and the lane.

export const PEOPLE_MUTANTS: readonly Mutant[] = [
  {
    name: 'work that failed is tried for ever',
    emphasis: ['agent_failed'],
    deps: changeSettings(({ settings: { bounds } }) => ({ bounds: { ...bounds, maxRetries: 99 } })),
    expectedViolation: /is the next after/,
  },
  {
    name: 'the cap of the system is not counted',
    deps: changeSettings(({ settings: { caps } }) => ({ caps: { ...caps, system: 99 } })),
    expectedViolation: /\d+ pods of \d+/,
  },
  {
    name: 'the cap of a repository is not counted',
    deps: changeSettings(({ settings: { caps } }) => ({ caps: { ...caps, repository: 99 } })),
    expectedViolation: /\d+ pods of \d+ in acme/,
  },
  {
    name: 'the cap of a plan is not counted',
    firstSeed: 31,
    deps: changeSettings(({ settings: { caps } }) => ({ caps: { ...caps, plan: 99 } })),
    expectedViolation: /\d+ pods of \d+ in plan/,
  },
  {
    name: 'how much a plan may do at once is forgotten',
    firstSeed: 3,
    deps: corruptReads(isPlanHead, (doc) => doc.replace(/"maxParallel":\d+/, '"maxParallel":99')),
    expectedViolation: /\d+ pods of \d+ in plan/,
  },
  {
    name: 'what is shared ends no evidence',
    firstSeed: 3,
    deps: corruptReads(isPlanHead, (doc) => doc.replace(/"shared":\[[^\]]*\]/g, '"shared":[]')),
    expectedViolation: /with evidence on/,
  },
  {
    name: 'a repository that is strict is treated like any other',
    firstSeed: 8,
    deps: corruptReads(isPlanHead, (doc) =>
      doc.replace(/"strictMerge":true/g, '"strictMerge":false'),
    ),
    expectedViolation: /with evidence on/,
  },
  {
    name: 'checks are not waited for',
    firstSeed: 3,
    deps: wrapForge(() => ({
      readChecks: async () => ({ state: 'green', failing: [], pending: [] }),
    })),
    expectedViolation: /its check was not green/,
  },
  {
    name: 'nobody has to approve',
    firstSeed: 3,
    deps: corruptReads(isTaskState, (doc) => doc.replace('"policy":"review"', '"policy":"auto"')),
    expectedViolation: /nobody approved it/,
  },
  {
    name: 'objections are not heard',
    firstSeed: 3,
    emphasis: ['person_reviews'],
    deps: wrapForge((forge) => ({
      readReviews: async (repo, number) => {
        const { reviews, comments } = await forge.readReviews(repo, number);
        return { reviews: reviews.filter((one) => one.state === 'approved'), comments };
      },
    })),
    expectedViolation: /although changes were asked for/,
  },
  {
    name: 'a merge is believed that the forge never made',
    deps: wrapForge((forge) => ({
      mergePull: async (repo, number) => {
        const { base, headSha } = await forge.readPull(repo, number);
        return { kind: 'merged', sha: (await forge.readBranchHead(repo, base)) ?? headSha };
      },
    })),
    expectedViolation: /began before .* was merged|is complete without/,
  },
  {
    name: 'conflicts are never seen',
    emphasis: ['person_roots'],
    deps: wrapForge(() => ({ tryMerge: async () => 'clean' })),
    expectedViolation: /neither ended nor went on/,
  },
  {
    name: 'what an attempt kept is forgotten',
    firstSeed: 3,
    emphasis: ['agent_failed', 'pod_lost'],
    deps: corruptWrites(isTaskState, (doc) => doc.replace(/"checkpoint":"\w+",/, '')),
    expectedViolation: /which was kept/,
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
    name: 'another revision is run than the one that was approved',
    deps: corruptWrites(isPlanHead, (doc) => doc.replace(/"approved":\d+/, '"approved":1')),
    expectedViolation: /began before|unknown task|is complete without/,
  },
  {
    name: 'work of a run that was stopped goes on',
    emphasis: ['person_stops'],
    deps: wrapTable((table) => ({
      update: async (key, change, condition) => {
        const doc = change.set?.doc;
        const stops = typeof doc === 'string' && /"event":"cancel","actor":"engine"/.test(doc);
        if (!stops) return table.update(key, change, condition);
        return { ...(await table.get(key)), ...key, ...change.set } as Item;
      },
    })),
    expectedViolation: /began after its run was cancelled|left over|is open|the engine deleted/,
  },
  {
    name: 'it is not written that a merge is about to be made',
    firstSeed: 30,
    emphasis: ['pod_slow', 'launcher_refuse', 'agent_failed', 'agent_refused'],
    companionBreach: pausedMerges.deps,
    deps: corruptWrites(isLane, (doc) => doc.replace('"phase":"merging"', '"phase":"checking"')),
    expectedViolation: /with evidence on|was mending it|although changes were asked for/,
  },
  {
    name: 'simple plans are merged by us',
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
    name: 'answers reach nobody',
    deps: wrapTable((table) => ({
      query: async (pk, options) =>
        options?.prefix === 'M#' ? { items: [] } : table.query(pk, options),
    })),
    expectedViolation: /neither ended nor went on/,
  },
  {
    name: 'what a person pushed needs no evidence',
    firstSeed: 8,
    deps: treatMovedHeadAsVerified(() => true),
    expectedViolation: /with evidence on/,
  },
  {
    name: 'a closed pull request is taken for an open one',
    deps: wrapForge((forge) => ({
      readPull: async (repo, number) => {
        const pull = await forge.readPull(repo, number);
        return pull.state === 'closed' ? { ...pull, state: 'open' } : pull;
      },
    })),
    expectedViolation: /neither ended nor went on/,
  },
  {
    name: 'nobody looks whether an attempt is still heard',
    deps: wrapTable((table) => ({
      index: async (name, hash, options) => {
        const page = await table.index(name, hash, options);
        const items = page.items.filter((item) => name !== 'due' || item.status !== 'working');
        return { ...page, items };
      },
    })),
    expectedViolation: /neither ended nor went on/,
  },
];
