/** Permission for a type to have members without `readonly`. */
export type MutableType = {
  /** Path from the root of the project. */
  readonly path: string;
  /** Name of the type alias or interface. */
  readonly type: string;
  readonly reason: string;
};

const ACCUMULATOR = 'accumulates the result of one call';
const LIVE_STATE = 'holds state that changes while its owner runs';

/** Types whose values the code changes in place. An entry without a mutable member is reported. */
export const MUTABLE_TYPES: readonly MutableType[] = [
  { path: 'adapters/host/create-local-host.ts', type: 'RemovedFiles', reason: ACCUMULATOR },
  { path: 'agent/bridge/acp/session-log.ts', type: 'OpenToolCall', reason: LIVE_STATE },
  { path: 'cli/watch/follow-plan.ts', type: 'PlanUpdate', reason: ACCUMULATOR },
  {
    path: 'core/engine/schedule/schedule-tasks.ts',
    type: 'SchedulingPass',
    reason: ACCUMULATOR,
  },
  { path: 'core/chat/assemble-calls.ts', type: 'DraftCall', reason: ACCUMULATOR },
  { path: 'core/graph/edit/graph-draft.ts', type: 'GraphDraft', reason: ACCUMULATOR },
  {
    path: 'core/graph/order/build-run-graph.ts',
    type: 'RunNode',
    reason: 'receives its rank after all nodes exist',
  },
  { path: 'core/graph/overlap/order-overlaps.ts', type: 'OverlapSearch', reason: ACCUMULATOR },
  { path: 'core/graph/overlap/placed-patterns.ts', type: 'PlacedPatterns', reason: ACCUMULATOR },
  { path: 'core/planning/explore/outline.ts', type: 'Folder', reason: ACCUMULATOR },
  { path: 'core/planning/model/ask-for-json.ts', type: 'PlanningUsage', reason: ACCUMULATOR },
  {
    path: 'local/forge/forge-context.ts',
    type: 'ForgeContext',
    reason: 'receives its URLs after the server listens',
  },
  { path: 'local/gateway/socket-gateway.ts', type: 'SocketConnection', reason: LIVE_STATE },
  { path: 'bench/lab/meter.ts', type: 'Tally', reason: LIVE_STATE },
  { path: 'test/simulation/actor/api-person.ts', type: 'PlanWatch', reason: LIVE_STATE },
  { path: 'test/simulation/faults.ts', type: 'Faults', reason: LIVE_STATE },
  { path: 'test/simulation/forge/forge-state.ts', type: 'SimPull', reason: LIVE_STATE },
  { path: 'test/simulation/invocation.ts', type: 'Invocation', reason: LIVE_STATE },
  { path: 'test/simulation/judge/judge.ts', type: 'KnownPlan', reason: LIVE_STATE },
  { path: 'test/simulation/pods.ts', type: 'PodLife', reason: LIVE_STATE },
  { path: 'test/simulation/pods.ts', type: 'SimPod', reason: LIVE_STATE },
  { path: 'test/simulation/run-seeds.ts', type: 'Batch', reason: ACCUMULATOR },
  { path: 'test/simulation/run-seeds.ts', type: 'Summary', reason: ACCUMULATOR },
  { path: 'test/support/bridge/callback-server.ts', type: 'CallbackServer', reason: LIVE_STATE },
  { path: 'test/support/bridge/git-remote.ts', type: 'GitRemote', reason: LIVE_STATE },
  { path: 'test/support/model/scripted-model.ts', type: 'ScriptedModel', reason: LIVE_STATE },
];
