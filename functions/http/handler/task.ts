import type { API } from '../../../core/contract/api.ts';
import { sendMessage } from '../../../core/engine/attempt/attempt-messages.ts';
import {
  approveTask,
  cancelTask,
  finishTask,
  listMessages,
  requestChanges,
  retryTask,
  unblockTask,
} from '../../../core/engine/command/task-commands.ts';
import { buildTaskView } from '../../../core/engine/view/build-view.ts';
import { readDiff, readTaskPatch } from '../../../core/engine/view/read-diff.ts';
import {
  listTaskViews,
  readHistory,
  readTaskView,
  readTranscript,
} from '../../../core/engine/view/read-view.ts';
import type { Handlers } from '../handlers.ts';
import type { PlanDeps } from './plan.ts';

export const taskHandlers = {
  listTasks: async ({ params, query, deps }) => listTaskViews(deps.engine, params.plan, query),
  getTask: async ({ params, deps }) => readTaskView(deps.engine, params.plan, params.task),
  taskHistory: async ({ params, deps }) => ({
    items: await readHistory(deps.engine, params.plan, params.task),
  }),
  taskLog: async ({ params, query, deps }) => ({
    items: await readTranscript(deps.engine, params.plan, params.task, query),
  }),
  taskDiff: async ({ params, deps }) => readDiff(deps.engine, params.plan, params.task),
  taskPatch: async ({ params, deps }) => readTaskPatch(deps.engine, params.plan, params.task),
  sendMessage: async ({ params, body, actor, deps, idempotencyKey: key }) =>
    sendMessage(deps.engine, params.plan, params.task, { ...body, key }, actor.email),
  listMessages: async ({ params, deps }) => ({
    items: await listMessages(deps.engine, params.plan, params.task),
  }),
  finishTask: async ({ params, actor, deps }) =>
    buildTaskView(await finishTask(deps.engine, params.plan, params.task, actor.email)),
  retryTask: async ({ params, actor, deps }) =>
    buildTaskView(await retryTask(deps.engine, params.plan, params.task, actor.email)),
  unblockTask: async ({ params, actor, deps }) =>
    buildTaskView(await unblockTask(deps.engine, params.plan, params.task, actor.email)),
  cancelTask: async ({ params, body, actor, deps }) =>
    buildTaskView(
      await cancelTask(deps.engine, params.plan, params.task, body.reason, actor.email),
    ),
  approveTask: async ({ params, body, actor, deps }) =>
    buildTaskView(
      await approveTask(deps.engine, params.plan, params.task, actor.email, body.commit),
    ),
  requestChanges: async ({ params, body, actor, deps }) =>
    buildTaskView(
      await requestChanges(deps.engine, params.plan, params.task, body.reason, actor.email),
    ),
} satisfies Partial<Handlers<typeof API, PlanDeps>>;
