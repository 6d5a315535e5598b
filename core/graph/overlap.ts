import type { Edge, TaskSpec } from '../contract/task.ts';
import { buildAdjacency, type EdgeEnds } from './adjacency.ts';
import {
  type Ancestors,
  addBefore,
  allComeBefore,
  appendPlace,
  comesBefore,
  createAncestors,
} from './ancestors.ts';
import { at } from './at.ts';
import { topologicalOrder } from './order.ts';
import { createOrdering, findBefore, type Ordering, placePatterns } from './ordering.ts';
import type { Pattern } from './pattern.ts';
import {
  addPattern,
  createPatternIndex,
  findCandidates,
  type PatternIndex,
} from './pattern-index.ts';
import { patternsMeet } from './pattern-match.ts';
import { compileScope, describeMeeting, dividePatterns, type Scope } from './scope.ts';

// Two tasks that may run at once and change the same paths would end in a conflict: one is made to wait on the other, always
// the one that is later in the graph's fixed order, so that no cycle can arise.

/** Shared paths: of every repository, or by its name. */
export type SharedPaths = readonly string[] | { readonly [repository: string]: readonly string[] };

export type OverlapPair = { a: string; b: string; paths: string[] };

export type Overlaps = {
  /** To be added, reason `overlap`; the note names the paths that meet. */
  edges: Edge[];
  /** Pairs that may run at once although they meet, because they do so in shared paths only. */
  remaining: OverlapPair[];
  /** There may be more in `remaining` than listed. */
  truncated: boolean;
};

const MAX_REMAINING = 500;
const MAX_LOOKS = 5_000_000;
const MAX_NOTED = 5;

type RepositoryState = {
  readonly shared: Scope;
  readonly ordering: Ordering;
  /** Patterns that order and shared ones, with all who named them; only for `remaining`. */
  readonly own: PatternIndex;
  readonly common: PatternIndex;
};
type Search = {
  readonly ids: readonly string[];
  readonly ancestors: Ancestors;
  /** Patterns that order, by place. */
  readonly own: (readonly Pattern[])[];
  readonly edges: Edge[];
  readonly remaining: OverlapPair[];
  looks: number;
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
  const { order } = topologicalOrder(graph);
  const places = new Array<number>(order.length);
  for (const [place, node] of order.entries()) places[node] = place;
  const states = new Map<string, RepositoryState>();
  const search: Search = {
    ids: order.map((node) => at(graph.ids, node)),
    ancestors: createAncestors(),
    own: [],
    edges: [],
    remaining: [],
    looks: 0,
    truncated: false,
  };
  for (const node of order) {
    const task = at(tasks, node);
    const repo = task.repo || (repositories[0] ?? '');
    const state = states.get(repo) ?? createState(sharedOf(shared, repo), tasks.length);
    states.set(repo, state);
    const before = at(graph.dependencies, node).map((other) => at(places, other));
    placeTask(search, state, task, appendPlace(search.ancestors, before));
  }
  return { edges: search.edges, remaining: search.remaining, truncated: search.truncated };
}

function sharedOf(shared: SharedPaths, repo: string): readonly string[] {
  return isForAll(shared) ? shared : (shared[repo] ?? []);
}

function isForAll(shared: SharedPaths): shared is readonly string[] {
  return Array.isArray(shared);
}

function createState(shared: readonly string[], size: number): RepositoryState {
  return {
    shared: compileScope(shared),
    ordering: createOrdering(size),
    own: createPatternIndex(false),
    common: createPatternIndex(false),
  };
}

function placeTask(search: Search, state: RepositoryState, task: TaskSpec, place: number): void {
  const { own, common } = dividePatterns(compileScope(task.scope), state.shared);
  search.own.push(own);
  orderBehind(search, state, own, place);
  if (state.shared.patterns.length > 0) listPairs(search, state, own, common, place);
  placePatterns(state.ordering, own, place);
}

/** Whoever is not ordered by now meets this task in shared paths only, if at all. */
function listPairs(
  search: Search,
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
    search.remaining.push({ a: at(search.ids, other), b: at(search.ids, place), paths });
  }
  for (const pattern of own) addPattern(state.own, pattern, place);
  for (const pattern of common) addPattern(state.common, pattern, place);
}

/** Going from the latest place back, most of the others are then known to be before already, and need no edge. */
function orderBehind(
  search: Search,
  state: RepositoryState,
  patterns: readonly Pattern[],
  place: number,
): void {
  for (const other of findBefore(state.ordering, search.ancestors, patterns, place)) {
    if (!addBefore(search.ancestors, place, other)) continue;
    const note = noteMeeting(search.own[other] ?? [], patterns);
    search.edges.push({
      from: at(search.ids, other),
      to: at(search.ids, place),
      reason: 'overlap',
      note,
    });
  }
}

function collectPairs(
  search: Search,
  index: PatternIndex,
  pattern: Pattern,
  place: number,
  pairs: Map<number, Set<string>>,
): void {
  if (search.truncated) return;
  findCandidates(index, pattern, (entry) => {
    if (!patternsMeet(entry.pattern, pattern)) return;
    for (const other of entry.holders) {
      search.looks++;
      if (comesBefore(search.ancestors, other, place)) continue;
      const known = pairs.get(other);
      const full = search.remaining.length + pairs.size >= MAX_REMAINING;
      if (search.looks > MAX_LOOKS || (full && known === undefined)) search.truncated = true;
      if (search.truncated) return;
      pairs.set(other, (known ?? new Set()).add(describeMeeting(entry.pattern, pattern)));
    }
  });
}

function noteMeeting(a: readonly Pattern[], b: readonly Pattern[]): string {
  const found = new Set<string>();
  for (const one of a) {
    for (const other of b) {
      if (!patternsMeet(one, other)) continue;
      found.add(describeMeeting(one, other));
      if (found.size > MAX_NOTED) return `${[...found].slice(0, MAX_NOTED).join(', ')} and more`;
    }
  }
  return found.size > 0 ? [...found].join(', ') : 'too many patterns to tell apart';
}
