import { PLAN_STATUSES } from '../../core/contract/plan-status.ts';
import { TASK_STATUSES } from '../../core/contract/task-status.ts';
import { COMMON_PLAN_ROWS, decidePlan } from '../../core/plan-state/decide-plan.ts';
import { PLAN_EVENT_TYPES } from '../../core/plan-state/plan-event.ts';
import type { PlanState } from '../../core/plan-state/plan-state.ts';
import { COMMON_TASK_ROWS, decideTask } from '../../core/task-state/decide-task.ts';
import type { TaskEvent } from '../../core/task-state/task-event.ts';
import { TASK_EVENT_TYPES } from '../../core/task-state/task-event.ts';
import type { TaskState } from '../../core/task-state/task-state.ts';
import { createPlanContext, createPlanEvent, createSamplePlan } from './engine/plan-sample.ts';
import { createSampleContext, createSampleEvent, createSampleTask } from './engine/task-sample.ts';

// Renders docs/states.md from the state tables: each row runs on variants of a typical plan or task, and the document lists
// every status that results.

type Transition = { readonly from: string; readonly event: string; readonly to: string };

function listPlanTransitions(): Transition[] {
  return PLAN_STATUSES.flatMap((from) =>
    createPlanVariants(createSamplePlan(from)).flatMap((state) =>
      PLAN_EVENT_TYPES.flatMap((event) => {
        const decision = decidePlan(state, createPlanEvent(event), createPlanContext());
        return decision.kind === 'changed' ? [{ from, event, to: decision.state.status }] : [];
      }),
    ),
  );
}

function createPlanVariants(plan: PlanState): PlanState[] {
  const { verdict, options } = plan;
  const stages = ['queued', 'explore', 'assess'] as const;
  return [
    plan,
    { ...plan, verdict: verdict && { ...verdict, complexity: 'simple' } },
    { ...plan, options: { ...options, autoApprove: true } },
    { ...plan, haltedSince: 500 },
    { ...plan, faults: 19 },
    ...(plan.status === 'cancelled' ? [{ ...plan, approved: undefined }] : []),
    ...(plan.status === 'cancelled' || plan.status === 'failed'
      ? [{ ...plan, approved: undefined, revision: 0 }]
      : []),
    { ...plan, stoppingRuns: [{ run: 1, revision: 1, reason: '', cursor: 0, dueAt: 0 }] },
    ...stages.map((stage) => ({ ...plan, planning: { stage, faults: 0 } })),
  ];
}

function listTaskTransitions(): Transition[] {
  return TASK_STATUSES.flatMap((from) =>
    createTaskVariants(from).flatMap((state) =>
      createTaskEvents().flatMap((event) => {
        const contexts = [false, true].map((hasUnmergedDependencies) =>
          createSampleContext({ hasUnmergedDependencies }),
        );
        return contexts.flatMap((context) => {
          const decision = decideTask(state, event, context);
          return decision.kind === 'changed'
            ? [{ from, event: event.type, to: decision.state.status }]
            : [];
        });
      }),
    ),
  );
}

function createTaskVariants(status: TaskState['status']): TaskState[] {
  const hasPull = status === 'pr_open' || status === 'in_review' || status === 'merging';
  const samples = [createSampleTask(status), ...(hasPull ? [createSampleTask(status, true)] : [])];
  return samples.flatMap((task) => [
    ...createRestingVariants(task),
    ...createAttemptVariants(task),
  ]);
}

function createRestingVariants(task: TaskState): TaskState[] {
  const { accepted, pull, evidence } = createSampleTask('pr_open');
  const retryCounts = { agent: 9, infra: 9, repair: 9, refusals: 9 };
  return [
    task,
    { ...task, simple: true },
    { ...task, policy: 'review' },
    { ...task, kind: 'end' },
    { ...task, retryCounts, faults: 9 },
    { ...task, parkedUntil: 500 },
    { ...task, accepted, pull, evidence },
    { ...task, evidence: undefined },
    { ...task, accepted: undefined, pull: undefined, evidence: undefined },
    { ...task, nextAttemptKind: 'verify' },
  ];
}

/** The attempt may be of each kind, and its bridge may not have called yet. */
function createAttemptVariants(task: TaskState): TaskState[] {
  const { current, status } = task;
  if (current === undefined) return [];
  const early = status === 'working' || status === 'awaiting_input' ? [] : ['claimed' as const];
  return (['verify', 'repair'] as const).flatMap((kind) =>
    [current.phase, ...early].flatMap((phase): TaskState[] => [
      { ...task, current: { ...current, kind, phase } },
      { ...task, current: { ...current, kind, phase }, kind: 'end' },
    ]),
  );
}

function createTaskEvents(): TaskEvent[] {
  const causes = ['limit', 'verify_red', 'setup', 'conflict'] as const;
  return [
    ...TASK_EVENT_TYPES.map((type) => createSampleEvent(type)),
    ...causes.map((cause) => createSampleEvent('attempt_failed', { cause })),
    createSampleEvent('attempt_failed', { cause: 'agent', leftOut: true }),
    createSampleEvent('claimed', { kind: 'verify' }),
    createSampleEvent('claimed', { kind: 'repair' }),
  ];
}

/** Returns the whole text of docs/states.md. */
export function renderStateDocument(): string {
  const isCommonForPlans = (event: string): boolean => event in COMMON_PLAN_ROWS;
  const isCommonForTasks = (event: string): boolean => event in COMMON_TASK_ROWS;
  return `${[
    '# States',
    '',
    '`npm run docs:states` generates this page from the state tables of plans (`core/plan-state/decide-plan.ts`) and tasks',
    '(`core/task-state/decide-task.ts`). A diagram shows the changes of the status, a table every event that a status accepts. A',
    'pair that is not listed changes nothing. An event can lead to several statuses: the row decides by the rest of the state.',
    '',
    '## Plan',
    '',
    ...renderMachine(listPlanTransitions(), 'planning', isCommonForPlans),
    '',
    `Every status also accepts ${listNames(Object.keys(COMMON_PLAN_ROWS))}.`,
    '',
    '## Task',
    '',
    ...renderMachine(listTaskTransitions(), 'pending', isCommonForTasks),
    '',
    `Every status also accepts ${listNames(Object.keys(COMMON_TASK_ROWS))}.`,
  ].join('\n')}\n`;
}

function renderMachine(
  transitions: readonly Transition[],
  first: string,
  isCommon: (event: string) => boolean,
): string[] {
  const edges = Map.groupBy(
    transitions.filter(({ from, to }) => from !== to),
    ({ from, to }) => `${from} --> ${to}`,
  );
  const arrows = [...edges].map(
    ([edge, members]) => `  ${edge}: ${listUnique(members.map(({ event }) => event)).join(', ')}`,
  );
  const own = transitions.filter(({ event, from, to }) => !isCommon(event) || from !== to);
  const rows = Map.groupBy(own, ({ from, event }) => `| \`${from}\` | \`${event}\` |`);
  return [
    '```mermaid',
    'stateDiagram-v2',
    `  [*] --> ${first}`,
    ...arrows,
    '```',
    '',
    '| Status | Event | Next status |',
    '| --- | --- | --- |',
    ...[...rows].map(([row, members]) => `${row} ${listNames(members.map(({ to }) => to))} |`),
  ];
}

function listUnique(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted();
}

function listNames(names: readonly string[]): string {
  return listUnique(names)
    .map((name) => `\`${name}\``)
    .join(', ');
}
