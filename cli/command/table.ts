import type { Command } from '../command.ts';
import { login, logout } from './login.ts';
import { cancel, planApprove, planBudget, planReject, planRestart } from './plan-decide.ts';
import {
  planAddDep,
  planAddTask,
  planEdit,
  planMerge,
  planRemoveDep,
  planRemoveTask,
  planSplit,
} from './plan-edit.ts';
import { planDiff, planList, planShow } from './plan-read.ts';
import { repoLink, repoList, repoUnlink } from './repo.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { doctor, gc, recover, whoami } from './system.ts';
import {
  taskAnswer,
  taskApprove,
  taskCancel,
  taskFinish,
  taskMessage,
  taskRequestChanges,
  taskRetry,
  taskUnblock,
} from './task-act.ts';
import { taskLogs } from './task-logs.ts';
import { taskDiff, taskHistory, taskMessages, taskShow } from './task-read.ts';
import { tokenCreate, tokenList, tokenRevoke } from './token.ts';
import { userAdd, userList, userRemove } from './user.ts';

export type CommandGroup = { readonly title: string; readonly commands: readonly Command[] };

/** Every command, in the order in which help shows them. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  { title: 'Work', commands: [run, status, cancel, recover] },
  {
    title: 'Plans',
    commands: [
      planList,
      planShow,
      planDiff,
      planApprove,
      planReject,
      planRestart,
      planBudget,
      planEdit,
      planAddTask,
      planRemoveTask,
      planAddDep,
      planRemoveDep,
      planSplit,
      planMerge,
    ],
  },
  {
    title: 'Tasks',
    commands: [
      taskShow,
      taskLogs,
      taskDiff,
      taskHistory,
      taskMessage,
      taskMessages,
      taskAnswer,
      taskRetry,
      taskUnblock,
      taskCancel,
      taskApprove,
      taskRequestChanges,
      taskFinish,
    ],
  },
  { title: 'Repositories', commands: [repoLink, repoList, repoUnlink] },
  { title: 'System', commands: [doctor, gc] },
  {
    title: 'Access',
    commands: [
      login,
      logout,
      whoami,
      tokenCreate,
      tokenList,
      tokenRevoke,
      userAdd,
      userList,
      userRemove,
    ],
  },
];

export const COMMANDS: readonly Command[] = COMMAND_GROUPS.flatMap((group) => group.commands);
