import type { Command, CommandGroup } from '../define-command.ts';
import { loginCommand, logoutCommand } from './access/login-commands.ts';
import {
  passwordChangeCommand,
  sessionEndCommand,
  sessionListCommand,
} from './access/session-commands.ts';
import {
  tokenCreateCommand,
  tokenListCommand,
  tokenRevokeCommand,
} from './access/token-commands.ts';
import {
  userAddCommand,
  userEndSessionsCommand,
  userListCommand,
  userRemoveCommand,
  userSetPasswordCommand,
  userSetRoleCommand,
} from './access/user-commands.ts';
import { completionCommand } from './completion/completion-command.ts';
import { configCommand } from './config-command.ts';
import { openCommand } from './open-command.ts';
import {
  cancelCommand,
  planApproveCommand,
  planBaseCommand,
  planBudgetCommand,
  planCloseCommand,
  planRejectCommand,
  planRestartCommand,
  planRetargetCommand,
} from './plan/plan-decision-commands.ts';
import {
  planAddDepCommand,
  planAddTaskCommand,
  planEditCommand,
  planMergeCommand,
  planRemoveDepCommand,
  planRemoveTaskCommand,
  planSplitCommand,
} from './plan/plan-edit-commands.ts';
import {
  planDiffCommand,
  planListCommand,
  planResultCommand,
  planShowCommand,
} from './plan/plan-read-commands.ts';
import { runCommand } from './plan/run-command.ts';
import { statusCommand } from './plan/status-command.ts';
import { repoLinkCommand, repoListCommand, repoUnlinkCommand } from './repo-commands.ts';
import { doctorCommand, gcCommand, recoverCommand, whoamiCommand } from './system-commands.ts';
import {
  taskAnswerCommand,
  taskApproveCommand,
  taskCancelCommand,
  taskFinishCommand,
  taskMessageCommand,
  taskRequestChangesCommand,
  taskRetryCommand,
  taskUnblockCommand,
} from './task/task-action-commands.ts';
import { taskLogsCommand } from './task/task-logs-command.ts';
import {
  taskDiffCommand,
  taskHistoryCommand,
  taskListCommand,
  taskMessagesCommand,
  taskShowCommand,
} from './task/task-read-commands.ts';
import { versionCommand } from './version-command.ts';

/** Every command, in the order in which help shows them. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    title: 'Work',
    commands: [runCommand, statusCommand, openCommand, cancelCommand, recoverCommand],
  },
  {
    title: 'Plans',
    commands: [
      planListCommand,
      planShowCommand,
      planDiffCommand,
      planResultCommand,
      planApproveCommand,
      planRejectCommand,
      planRestartCommand,
      planRetargetCommand,
      planCloseCommand,
      planBaseCommand,
      planBudgetCommand,
      planEditCommand,
      planAddTaskCommand,
      planRemoveTaskCommand,
      planAddDepCommand,
      planRemoveDepCommand,
      planSplitCommand,
      planMergeCommand,
    ],
  },
  {
    title: 'Tasks',
    commands: [
      taskListCommand,
      taskShowCommand,
      taskLogsCommand,
      taskDiffCommand,
      taskHistoryCommand,
      taskMessageCommand,
      taskMessagesCommand,
      taskAnswerCommand,
      taskRetryCommand,
      taskUnblockCommand,
      taskCancelCommand,
      taskApproveCommand,
      taskRequestChangesCommand,
      taskFinishCommand,
    ],
  },
  { title: 'Repositories', commands: [repoLinkCommand, repoListCommand, repoUnlinkCommand] },
  {
    title: 'System',
    commands: [doctorCommand, gcCommand, configCommand, completionCommand, versionCommand],
  },
  {
    title: 'Access',
    commands: [
      loginCommand,
      logoutCommand,
      whoamiCommand,
      passwordChangeCommand,
      sessionListCommand,
      sessionEndCommand,
      tokenCreateCommand,
      tokenListCommand,
      tokenRevokeCommand,
      userAddCommand,
      userListCommand,
      userSetRoleCommand,
      userSetPasswordCommand,
      userEndSessionsCommand,
      userRemoveCommand,
    ],
  },
];

export const COMMANDS: readonly Command[] = COMMAND_GROUPS.flatMap((group) => group.commands);
