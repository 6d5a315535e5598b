import type { PlanStatus } from '../../core/contract/plan-status.ts';
import { PLAN_STATUSES } from '../../core/contract/plan-status.ts';
import type { TaskStatus } from '../../core/contract/task-status.ts';
import { TASK_STATUSES } from '../../core/contract/task-status.ts';
import { COMMON_PLAN_ROWS, decidePlan } from '../../core/plan-state/decide-plan.ts';
import { PLAN_EVENT_TYPES } from '../../core/plan-state/plan-event.ts';
import type { PlanState } from '../../core/plan-state/plan-state.ts';
import { COMMON_TASK_ROWS, decideTask } from '../../core/task-state/decide-task.ts';
import type { TaskEvent } from '../../core/task-state/task-event.ts';
import { TASK_EVENT_TYPES } from '../../core/task-state/task-event.ts';
import type { TaskState } from '../../core/task-state/task-state.ts';
import {
  createPlanContext,
  createPlanEvent,
  createSamplePlan,
  SAMPLE_BASE_RESULT,
} from './engine/plan-sample.ts';
import { createSampleContext, createSampleEvent, createSampleTask } from './engine/task-sample.ts';

// Renders docs/states.md from the state tables: every event is applied to variants of a sample plan or task in every status, and the
// document lists the resulting statuses.

const PLAN_STATUS_MEANINGS: Record<PlanStatus, string> = {
  planning: 'The planner explores the repositories, assesses the request and splits it into tasks.',
  pending_approval: 'A person has to approve, edit or reject the planned graph.',
  activating: 'The engine stores the tasks of a new run and creates the root branches.',
  active: 'Tasks of the run are worked on.',
  complete:
    'All work is verified. A person reviews and merges the pull requests to the base branches.',
  rejected: 'A person rejected the graph.',
  cancelled: 'A person cancelled the plan.',
  failed: 'Planning or activation failed.',
  closed: 'A person dismissed the plan; its pull requests are closed and its branches deleted.',
};

const TASK_STATUS_MEANINGS: Record<TaskStatus, string> = {
  pending: 'A dependency of the task is not merged.',
  ready: 'The task waits for a free slot.',
  claimed: 'An attempt has a slot, and its pod starts.',
  working: 'The agent works.',
  awaiting_input: 'The agent waits for the answer to a question.',
  pr_open:
    'The accepted commit has a pull request, or gets one. The engine waits for checks and evidence.',
  in_review: 'A person has to review the pull request, or to accept a task without changes.',
  changes_requested: 'The pull request needs a repair, and the task waits for a free slot.',
  merging: 'The task is in the merge queue of the root branch.',
  merged: 'The work is in the root branch, or in the base branch for a simple plan.',
  blocked: 'A person has to remove the cause and retry the task.',
  failed: 'The pull request was closed without a merge.',
  cancelled: 'A person cancelled the task, or its run was stopped.',
};

/** Events that most task statuses accept; their arrows would hide the usual path in the diagram. */
const EVENTS_OUTSIDE_DIAGRAM: readonly string[] = [
  'cancel',
  'faulted',
  'merge_seen',
  'pull_closed',
];

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
    { ...plan, consecutiveEngineFailures: 19 },
    { ...plan, base: [{ ...SAMPLE_BASE_RESULT, status: 'checking' }] },
    ...(plan.status === 'cancelled' ? [{ ...plan, approvedRevision: undefined }] : []),
    ...(plan.status === 'cancelled' || plan.status === 'failed'
      ? [{ ...plan, approvedRevision: undefined, revision: 0 }]
      : []),
    { ...plan, stoppingRuns: [{ run: 1, revision: 1, reason: '', cursor: 0, dueAt: 0 }] },
    ...stages.map((stage) => ({ ...plan, planning: { stage, consecutiveFailures: 0 } })),
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
  return samples.flatMap((task) => [...createFieldVariants(task), ...createAttemptVariants(task)]);
}

/** Creates variants that differ in other fields than the current attempt. */
function createFieldVariants(task: TaskState): TaskState[] {
  const { accepted, pull, evidence } = createSampleTask('pr_open');
  const retryCounts = { agent: 9, infra: 9, repair: 9, refusals: 9 };
  return [
    task,
    { ...task, simple: true },
    { ...task, policy: 'review' },
    { ...task, kind: 'end' },
    { ...task, retryCounts, consecutiveEngineFailures: 9 },
    { ...task, parkedUntil: 500 },
    { ...task, accepted, pull, evidence },
    { ...task, evidence: undefined },
    { ...task, noChange: true, pull: undefined },
    { ...task, accepted: undefined, pull: undefined, evidence: undefined },
    { ...task, nextAttemptKind: 'verify' },
  ];
}

/** Creates variants with a `verify` and a `repair` attempt, before and after the first call of its bridge. */
function createAttemptVariants(task: TaskState): TaskState[] {
  const { liveAttempt, status } = task;
  if (liveAttempt === undefined) return [];
  const phasesBeforeFirstCall =
    status === 'working' || status === 'awaiting_input' ? [] : ['claimed' as const];
  return (['verify', 'repair'] as const).flatMap((kind) =>
    [liveAttempt.phase, ...phasesBeforeFirstCall].flatMap((phase): TaskState[] => [
      { ...task, liveAttempt: { ...liveAttempt, kind, phase } },
      { ...task, liveAttempt: { ...liveAttempt, kind, phase }, kind: 'end' },
    ]),
  );
}

function createTaskEvents(): TaskEvent[] {
  const causes = [
    'agent_missing',
    'repository',
    'limit',
    'verify_red',
    'setup',
    'conflict',
  ] as const;
  return [
    ...TASK_EVENT_TYPES.map((type) => createSampleEvent(type)),
    ...causes.map((cause) => createSampleEvent('attempt_failed', { cause })),
    createSampleEvent('attempt_failed', { cause: 'agent', leftOut: true }),
    createSampleEvent('result_accepted', { noChange: 'task' }),
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
    'Every plan and every task has a status, and events change the status. `npm run docs:states` generates this page from the code:',
    '',
    '| | State table | Events and their meaning |',
    '| --- | --- | --- |',
    '| Plan | `core/plan-state/decide-plan.ts` | `core/plan-state/plan-event.ts` |',
    '| Task | `core/task-state/decide-task.ts` | `core/task-state/task-event.ts` |',
    '',
    'How to read this page:',
    '',
    '- An arrow of a diagram is a change of the status, with the names of the events that can cause the change.',
    '- A table of events lists every event that a status accepts, and the status after the event. If the status stays the same, the',
    '  event changes other fields of the plan or task.',
    '- If a row lists several next statuses, the other fields decide. For example, `attempt_lost` returns a task to `ready`, and',
    '  blocks the task after too many losses in a row.',
    '- An event that a status does not list changes nothing.',
    '',
    '## Plan',
    '',
    ...renderMeanings(PLAN_STATUS_MEANINGS),
    '',
    ...renderMachine(listPlanTransitions(), 'planning', isCommonForPlans, []),
    '',
    `Every status also accepts ${listNames(Object.keys(COMMON_PLAN_ROWS))}; without a row above, the status stays the same.`,
    '',
    '## Task',
    '',
    ...renderMeanings(TASK_STATUS_MEANINGS),
    '',
    `The diagram omits ${listNames(EVENTS_OUTSIDE_DIAGRAM)}, which most statuses accept; the table of events lists them.`,
    '',
    ...renderMachine(listTaskTransitions(), 'pending', isCommonForTasks, EVENTS_OUTSIDE_DIAGRAM),
    '',
    `Every status also accepts ${listNames(Object.keys(COMMON_TASK_ROWS))}; the status stays the same.`,
  ].join('\n')}\n`;
}

function renderMeanings(meanings: Readonly<Record<string, string>>): string[] {
  return [
    '| Status | Meaning |',
    '| --- | --- |',
    ...Object.entries(meanings).map(([status, meaning]) => `| \`${status}\` | ${meaning} |`),
  ];
}

function renderMachine(
  transitions: readonly Transition[],
  firstStatus: string,
  isCommon: (event: string) => boolean,
  eventsOutsideDiagram: readonly string[],
): string[] {
  const edges = Map.groupBy(
    transitions.filter(
      ({ from, event, to }) => from !== to && !eventsOutsideDiagram.includes(event),
    ),
    ({ from, to }) => `${from} --> ${to}`,
  );
  const arrows = [...edges].map(
    ([edge, members]) => `  ${edge}: ${listUnique(members.map(({ event }) => event)).join(', ')}`,
  );
  const listedTransitions = transitions.filter(
    ({ event, from, to }) => !isCommon(event) || from !== to,
  );
  const rows = Map.groupBy(
    listedTransitions,
    ({ from, event }) => `| \`${from}\` | \`${event}\` |`,
  );
  return [
    '```mermaid',
    'stateDiagram-v2',
    `  [*] --> ${firstStatus}`,
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
