import { API } from '../../core/contract/api.ts';
import { EXIT } from '../cli-error.ts';
import { readAll } from '../client.ts';
import { defineCommand } from '../command.ts';
import {
  renderDiff,
  renderHistory,
  renderMessages,
  renderTaskDetail,
} from '../render/task-detail.ts';
import { taskOf } from './plan-word.ts';

const WORDS = { min: 1, max: 2 };

export const taskShow = defineCommand({
  name: 'task show',
  summary: 'everything about a task: text, evidence, what it waits for',
  usage: 'PLAN TASK',
  words: WORDS,
  options: {},
  async run({ terminal, host, client }, words) {
    const api = await client();
    const { plan, task } = await taskOf(api, words);
    const detail = await api.call(API.getTask, { params: { plan, task } });
    if (terminal.json) terminal.printJson(detail);
    else terminal.print(renderTaskDetail(detail, { now: host.now(), width: terminal.width }));
    return EXIT.done;
  },
});

export const taskDiff = defineCommand({
  name: 'task diff',
  summary: 'files that a task changed',
  usage: 'PLAN TASK',
  words: WORDS,
  options: {},
  async run({ terminal, client }, words) {
    const api = await client();
    const { plan, task } = await taskOf(api, words);
    const diff = await api.call(API.taskDiff, { params: { plan, task } });
    if (terminal.json) terminal.printJson(diff);
    else terminal.print(renderDiff(diff, terminal.width));
    return EXIT.done;
  },
});

export const taskHistory = defineCommand({
  name: 'task history',
  summary: 'how a task came to where it is',
  usage: 'PLAN TASK',
  words: WORDS,
  options: {},
  async run({ terminal, client }, words) {
    const api = await client();
    const { plan, task } = await taskOf(api, words);
    const { items } = await api.call(API.taskHistory, { params: { plan, task } });
    const ordered = items.toSorted((a, b) => a.version - b.version);
    if (terminal.json) terminal.printJson({ items: ordered });
    else terminal.print(renderHistory(ordered, terminal.width));
    return EXIT.done;
  },
});

export const taskMessages = defineCommand({
  name: 'task messages',
  summary: 'what people said to the agent',
  usage: 'PLAN TASK',
  words: WORDS,
  options: {},
  async run({ terminal, client }, words) {
    const api = await client();
    const { plan, task } = await taskOf(api, words);
    const items = await readAll(() => api.call(API.listMessages, { params: { plan, task } }), 1);
    if (terminal.json) terminal.printJson({ items });
    else if (items.length === 0) terminal.print([['Nobody said anything yet.']]);
    else terminal.print(renderMessages(items));
    return EXIT.done;
  },
});
