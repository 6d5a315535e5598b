import type { Item } from '../../../core/port/table.ts';
import {
  isHead,
  isLane,
  isTask,
  type Mutant,
  misread,
  miswrite,
  onForge,
  onTable,
  proven,
  settings,
} from './break-rule.ts';
import { pausedMerges } from './paused-merges.ts';

// Each breaks one rule of the engine from outside. Here: what people and checks say, caps and bounds, evidence and the lane.

export const PEOPLE_MUTANTS: readonly Mutant[] = [
  {
    name: 'work that failed is tried for ever',
    emphasis: ['agent_failed'],
    deps: settings(({ settings: { bounds } }) => ({ bounds: { ...bounds, maxRetries: 99 } })),
    caught: /is the next after/,
  },
  {
    name: 'the cap of the system is not counted',
    deps: settings(({ settings: { caps } }) => ({ caps: { ...caps, system: 99 } })),
    caught: /\d+ pods of \d+/,
  },
  {
    name: 'the cap of a repository is not counted',
    deps: settings(({ settings: { caps } }) => ({ caps: { ...caps, repository: 99 } })),
    caught: /\d+ pods of \d+ in acme/,
  },
  {
    name: 'the cap of a plan is not counted',
    from: 31,
    deps: settings(({ settings: { caps } }) => ({ caps: { ...caps, plan: 99 } })),
    caught: /\d+ pods of \d+ in plan/,
  },
  {
    name: 'how much a plan may do at once is forgotten',
    from: 3,
    deps: misread(isHead, (doc) => doc.replace(/"maxParallel":\d+/, '"maxParallel":99')),
    caught: /\d+ pods of \d+ in plan/,
  },
  {
    name: 'what is shared ends no evidence',
    from: 3,
    deps: misread(isHead, (doc) => doc.replace(/"shared":\[[^\]]*\]/g, '"shared":[]')),
    caught: /with evidence on/,
  },
  {
    name: 'a repository that is strict is treated like any other',
    from: 8,
    deps: misread(isHead, (doc) => doc.replace(/"strictMerge":true/g, '"strictMerge":false')),
    caught: /with evidence on/,
  },
  {
    name: 'checks are not waited for',
    from: 3,
    deps: onForge(() => ({
      checks: async () => ({ state: 'green', failing: [], pending: [] }),
    })),
    caught: /its check was not green/,
  },
  {
    name: 'nobody has to approve',
    from: 3,
    deps: misread(isTask, (doc) => doc.replace('"policy":"review"', '"policy":"auto"')),
    caught: /nobody approved it/,
  },
  {
    name: 'objections are not heard',
    from: 3,
    emphasis: ['person_reviews'],
    deps: onForge((forge) => ({
      reviews: async (repo, number) => {
        const { reviews, comments } = await forge.reviews(repo, number);
        return { reviews: reviews.filter((one) => one.state === 'approved'), comments };
      },
    })),
    caught: /although changes were asked for/,
  },
  {
    name: 'a merge is believed that the forge never made',
    deps: onForge((forge) => ({
      mergePull: async (repo, number) => {
        const { base, headSha } = await forge.pull(repo, number);
        return { kind: 'merged', sha: (await forge.branchHead(repo, base)) ?? headSha };
      },
    })),
    caught: /began before .* was merged|is complete without/,
  },
  {
    name: 'conflicts are never seen',
    emphasis: ['person_roots'],
    deps: onForge(() => ({ tryMerge: async () => 'clean' })),
    caught: /neither ended nor went on/,
  },
  {
    name: 'what an attempt kept is forgotten',
    from: 3,
    emphasis: ['agent_failed', 'pod_lost'],
    deps: miswrite(isTask, (doc) => doc.replace(/"checkpoint":"\w+",/, '')),
    caught: /which was kept/,
  },
  {
    name: 'transitions are forgotten',
    deps: onTable((table) => ({
      update: (key, { set: { past: _, ...set } = {}, ...change }, condition) =>
        table.update(key, { ...change, set }, condition),
    })),
    caught: /the history of/,
  },
  {
    name: 'another revision is run than the one that was approved',
    deps: miswrite(isHead, (doc) => doc.replace(/"approved":\d+/, '"approved":1')),
    caught: /began before|unknown task|is complete without/,
  },
  {
    name: 'work of a run that was stopped goes on',
    emphasis: ['person_stops'],
    deps: onTable((table) => ({
      update: async (key, change, condition) => {
        const doc = change.set?.doc;
        const stops = typeof doc === 'string' && /"event":"cancel","actor":"engine"/.test(doc);
        if (!stops) return table.update(key, change, condition);
        return { ...(await table.get(key)), ...key, ...change.set } as Item;
      },
    })),
    caught: /began after its run was cancelled|left over|is open|the engine deleted/,
  },
  {
    name: 'it is not written that a merge is about to be made',
    from: 30,
    emphasis: ['pod_slow', 'launcher_refuse', 'agent_failed', 'agent_refused'],
    beside: pausedMerges.deps,
    deps: miswrite(isLane, (doc) => doc.replace('"phase":"merging"', '"phase":"checking"')),
    caught: /with evidence on|was mending it|although changes were asked for/,
  },
  {
    name: 'simple plans are merged by us',
    deps: onForge((forge) => ({
      markReady: async (repo, pull) => {
        await forge.markReady(repo, pull);
        const { base, headSha } = await forge.pull(repo, pull.number);
        if (base === 'main')
          await forge.mergePull(repo, pull.number, {
            sha: headSha,
            title: '',
            message: '',
            method: 'merge',
          });
      },
    })),
    caught: /the engine merged #\d+ into main/,
  },
  {
    name: 'answers reach nobody',
    deps: onTable((table) => ({
      query: async (pk, options) =>
        options?.prefix === 'M#' ? { items: [] } : table.query(pk, options),
    })),
    caught: /neither ended nor went on/,
  },
  {
    name: 'what a person pushed needs no evidence',
    from: 8,
    deps: proven(() => true),
    caught: /with evidence on/,
  },
  {
    name: 'a closed pull request is taken for an open one',
    deps: onForge((forge) => ({
      pull: async (repo, number) => {
        const pull = await forge.pull(repo, number);
        return pull.state === 'closed' ? { ...pull, state: 'open' } : pull;
      },
    })),
    caught: /neither ended nor went on/,
  },
  {
    name: 'nobody looks whether an attempt is still heard',
    deps: onTable((table) => ({
      index: async (name, hash, options) => {
        const page = await table.index(name, hash, options);
        const items = page.items.filter((item) => name !== 'due' || item.status !== 'working');
        return { ...page, items };
      },
    })),
    caught: /neither ended nor went on/,
  },
];
