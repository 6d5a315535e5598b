import type { Edge, TaskSpec } from '../../contract/task.ts';
import { elementAt } from '../element-at.ts';
import type { EdgeEnds } from '../order/adjacency.ts';
import { buildAdjacency } from '../order/adjacency.ts';
import { orderTopologically } from '../order/order-topologically.ts';
import type { Pattern } from '../scope/pattern.ts';
import type { PatternIndex } from '../scope/pattern-index.ts';
import { addPattern, createPatternIndex, findCandidates } from '../scope/pattern-index.ts';
import { patternsOverlap } from '../scope/pattern-match.ts';
import type { Scope } from '../scope/scope.ts';
import { compileScope, describePatternOverlap, dividePatterns } from '../scope/scope.ts';
import type { Ancestors } from './ancestors.ts';
import {
  addPredecessor,
  allComeBefore,
  appendPlace,
  comesBefore,
  createAncestors,
} from './ancestors.ts';
import type { Ordering } from './ordering.ts';
import { createOrdering, findPredecessors, placePatterns } from './ordering.ts';

// Two tasks that may run at once and change the same paths would end in a conflict: one is made to wait on the other, always
// the one that is later in the graph's fixed order, so that no cycle can arise.

/** Shared paths: of every repository, or by its name. */
export type SharedPaths = readonly string[] | { readonly [repository: string]: readonly string[] };

export type OverlapPair = { readonly a: string; readonly b: string; readonly paths: string[] };

export type Overlaps = {
  /** To be added, reason `overlap`; the note names the paths that meet. */
  readonly edges: Edge[];
  /** Pairs that may run at once although they meet, because they do so in shared paths only. */
  readonly remaining: OverlapPair[];
  /** There may be more in `remaining` than listed. */
  readonly truncated: boolean;
};

const MAX_REMAINING = 500;
const MAX_COMPARISONS = 5_000_000;
const MAX_NOTED_PATHS = 5;

type RepositoryState = {
  readonly shared: Scope;
  readonly ordering: Ordering;
  /** Patterns that order and shared ones, with all who named them; only for `remaining`. */
  readonly own: PatternIndex;
  readonly common: PatternIndex;
};
type OverlapSearch = {
  readonly ids: readonly string[];
  readonly ancestors: Ancestors;
  /** Patterns that order, by place. */
  readonly own: (readonly Pattern[])[];
  readonly edges: Edge[];
  readonly remaining: OverlapPair[];
  comparisons: number;
  truncated: boolean;
};

/**
 * `edges`: besides those in `dependsOn`. `repositories`: the plan's, the first being meant by an empty `repo`. Tasks of
 * different repositories never meet, and a task without a scope meets nobody. The graph must be acyclic.
 */
export function orderOverlaps(
  tasks: readonly TaskSpec[],
  edges: readonly EdgeEnds[],
  shared: SharedPaths = [],
  repositories: readonly string[] = [],
): Overlaps {
  const graph = buildAdjacency(tasks, edges);
  const { order } = orderTopologically(graph);
  const places = new Array<number>(order.length);
  for (const [place, node] of order.entries()) places[node] = place;
  const states = new Map<string, RepositoryState>();
  const search: OverlapSearch = {
    ids: order.map((node) => elementAt(graph.ids, node)),
    ancestors: createAncestors(),
    own: [],
    edges: [],
    remaining: [],
    comparisons: 0,
    truncated: false,
  };
  for (const node of order) {
    const task = elementAt(tasks, node);
    const repo = task.repo || (repositories[0] ?? '');
    const state =
      states.get(repo) ?? createRepositoryState(selectSharedPaths(shared, repo), tasks.length);
    states.set(repo, state);
    const before = elementAt(graph.dependencies, node).map((other) => elementAt(places, other));
    placeTask(search, state, task, appendPlace(search.ancestors, before));
  }
  return { edges: search.edges, remaining: search.remaining, truncated: search.truncated };
}

function selectSharedPaths(shared: SharedPaths, repo: string): readonly string[] {
  return appliesToAllRepositories(shared) ? shared : (shared[repo] ?? []);
}

function appliesToAllRepositories(shared: SharedPaths): shared is readonly string[] {
  return Array.isArray(shared);
}

function createRepositoryState(shared: readonly string[], size: number): RepositoryState {
  return {
    shared: compileScope(shared),
    ordering: createOrdering(size),
    own: createPatternIndex(false),
    common: createPatternIndex(false),
  };
}

function placeTask(
  search: OverlapSearch,
  state: RepositoryState,
  task: TaskSpec,
  place: number,
): void {
  const { own, common } = dividePatterns(compileScope(task.scope), state.shared);
  search.own.push(own);
  addOverlapEdges(search, state, own, place);
  if (state.shared.patterns.length > 0) recordRemainingPairs(search, state, own, common, place);
  placePatterns(state.ordering, own, place);
}

/** Whoever is not ordered by now meets this task in shared paths only, if at all. */
function recordRemainingPairs(
  search: OverlapSearch,
  state: RepositoryState,
  own: readonly Pattern[],
  common: readonly Pattern[],
  place: number,
): void {
  const pairs = new Map<number, Set<string>>();
  if (!allComeBefore(search.ancestors, state.ordering.places, place)) {
    for (const pattern of own) collectPairs(search, state.common, pattern, place, pairs);
    for (const pattern of common) {
      collectPairs(search, state.common, pattern, place, pairs);
      collectPairs(search, state.own, pattern, place, pairs);
    }
  }
  for (const other of [...pairs.keys()].sort((a, b) => a - b)) {
    const paths = [...(pairs.get(other) ?? [])].sort();
    search.remaining.push({
      a: elementAt(search.ids, other),
      b: elementAt(search.ids, place),
      paths,
    });
  }
  for (const pattern of own) addPattern(state.own, pattern, place);
  for (const pattern of common) addPattern(state.common, pattern, place);
}

/** Going from the latest place back, most of the others are then known to be before already, and need no edge. */
function addOverlapEdges(
  search: OverlapSearch,
  state: RepositoryState,
  patterns: readonly Pattern[],
  place: number,
): void {
  for (const other of findPredecessors(state.ordering, search.ancestors, patterns, place)) {
    if (!addPredecessor(search.ancestors, place, other)) continue;
    const note = describeOverlap(search.own[other] ?? [], patterns);
    search.edges.push({
      from: elementAt(search.ids, other),
      to: elementAt(search.ids, place),
      reason: 'overlap',
      note,
    });
  }
}

function collectPairs(
  search: OverlapSearch,
  index: PatternIndex,
  pattern: Pattern,
  place: number,
  pairs: Map<number, Set<string>>,
): void {
  if (search.truncated) return;
  findCandidates(index, pattern, (entry) => {
    if (!patternsOverlap(entry.pattern, pattern)) return;
    for (const other of entry.holders) {
      search.comparisons++;
      if (comesBefore(search.ancestors, other, place)) continue;
      const known = pairs.get(other);
      const full = search.remaining.length + pairs.size >= MAX_REMAINING;
      if (search.comparisons > MAX_COMPARISONS || (full && known === undefined))
        search.truncated = true;
      if (search.truncated) return;
      pairs.set(other, (known ?? new Set()).add(describePatternOverlap(entry.pattern, pattern)));
    }
  });
}

function describeOverlap(a: readonly Pattern[], b: readonly Pattern[]): string {
  const found = new Set<string>();
  for (const one of a) {
    for (const other of b) {
      if (!patternsOverlap(one, other)) continue;
      found.add(describePatternOverlap(one, other));
      if (found.size > MAX_NOTED_PATHS)
        return `${[...found].slice(0, MAX_NOTED_PATHS).join(', ')} and more`;
    }
  }
  return found.size > 0 ? [...found].join(', ') : 'too many patterns to tell apart';
}
