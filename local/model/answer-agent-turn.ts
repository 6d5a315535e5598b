import type { AgentView } from './agent-view.ts';
import { renderGiveUpLine } from './agent-view.ts';
import { answerRepairTurn } from './answer-repair-turn.ts';
import type { ChatRequest } from './conversation.ts';
import { collectDoneCalls, readUserMessages } from './conversation.ts';
import { findDemoTask } from './demo-tasks.ts';
import type { Flavour } from './flavour.ts';
import type { Reply } from './reply.ts';
import { workTurn } from './work-turn.ts';

// The scripted model as a coding agent. What it does next follows from the conversation alone.

export function answerAgentTurn(messages: ChatRequest['messages'], flavour: Flavour): Reply {
  const [prompt = '', ...followUps] = readUserMessages(messages);
  const view: AgentView = { prompt, followUps, calls: collectDoneCalls(messages), flavour };
  if (/^## (Merge conflict|What has to be repaired)$/m.test(prompt)) return answerRepairTurn(view);
  const task = findDemoTask(extractTaskText(prompt));
  if (task !== undefined) return workTurn(view, task);
  return {
    text: renderGiveUpLine('the scripted model knows the tasks of the demo only; set a real model'),
  };
}

/** Title and description: what comes after may quote other tasks. */
function extractTaskText(prompt: string): string {
  const start = prompt.search(/^# Task: /m);
  return prompt.slice(Math.max(0, start)).split(/^## /m)[0] ?? '';
}
