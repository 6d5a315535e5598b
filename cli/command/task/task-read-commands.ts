import { API } from '../../../core/contract/api.ts';
import { EXIT } from '../../cli-error.ts';
import { readAllPages } from '../../client/client.ts';
import { defineCommand } from '../../define-command.ts';
import {
  renderDiff,
  renderHistory,
  renderMessages,
  renderTaskDetail,
} from '../../render/render-task-detail.ts';
import { resolveTask } from '../resolve-plan.ts';

const TASK_WORDS = { min: 1, max: 2 };

export const taskShowCommand = defineCommand({
  name: 'task show',
  summary: 'everything about a task: text, evidence, what it waits for',
  usage: 'PLAN TASK',
  words: TASK_WORDS,
  options: {},
  async run({ terminal, host, client }, words) {
    const api = await client();
    const { plan, task } = await resolveTask(api, words);
    const detail = await api.call(API.getTask, { params: { plan, task } });
    if (terminal.isJson) terminal.printJson(detail);
    else terminal.printLines(renderTaskDetail(detail, { now: host.now(), width: terminal.width }));
    return EXIT.done;
  },
});

export const taskDiffCommand = defineCommand({
  name: 'task diff',
  summary: 'files that a task changed',
  usage: 'PLAN TASK',
  words: TASK_WORDS,
  options: {},
  async run({ terminal, client }, words) {
    const api = await client();
    const { plan, task } = await resolveTask(api, words);
    const diff = await api.call(API.taskDiff, { params: { plan, task } });
    if (terminal.isJson) terminal.printJson(diff);
    else terminal.printLines(renderDiff(diff, terminal.width));
    return EXIT.done;
  },
});

export const taskHistoryCommand = defineCommand({
  name: 'task history',
  summary: 'how a task came to where it is',
  usage: 'PLAN TASK',
  words: TASK_WORDS,
  options: {},
  async run({ terminal, client }, words) {
    const api = await client();
    const { plan, task } = await resolveTask(api, words);
    const { items } = await api.call(API.taskHistory, { params: { plan, task } });
    const ordered = items.toSorted((a, b) => a.version - b.version);
    if (terminal.isJson) terminal.printJson({ items: ordered });
    else terminal.printLines(renderHistory(ordered, terminal.width));
    return EXIT.done;
  },
});

export const taskMessagesCommand = defineCommand({
  name: 'task messages',
  summary: 'what people said to the agent',
  usage: 'PLAN TASK',
  words: TASK_WORDS,
  options: {},
  async run({ terminal, client }, words) {
    const api = await client();
    const { plan, task } = await resolveTask(api, words);
    const items = await readAllPages(
      () => api.call(API.listMessages, { params: { plan, task } }),
      1,
    );
    if (terminal.isJson) terminal.printJson({ items });
    else if (items.length === 0) terminal.printLines([['Nobody said anything yet.']]);
    else terminal.printLines(renderMessages(items));
    return EXIT.done;
  },
});
