import type { AgentView } from './agent-view.ts';
import { renderGiveUpLine } from './agent-view.ts';
import { answerRepairTurn } from './answer-repair-turn.ts';
import { answerWorkTurn } from './answer-work-turn.ts';
import type { ChatRequest } from './conversation.ts';
import { collectDoneCalls, readUserMessages } from './conversation.ts';
import { findDemoTask } from './demo-tasks.ts';
import type { Flavour } from './flavour.ts';
import type { Reply } from './reply.ts';

// The scripted model as a coding agent. Each answer depends on the conversation only.

/** Answers the next turn of an agent; gives up on any task outside the demo. */
export function answerAgentTurn(messages: ChatRequest['messages'], flavour: Flavour): Reply {
  const [prompt = '', ...followUps] = readUserMessages(messages);
  const view: AgentView = { prompt, followUps, calls: collectDoneCalls(messages), flavour };
  if (/^## (Merge conflict|What has to be repaired)$/m.test(prompt)) return answerRepairTurn(view);
  const task = findDemoTask(extractTaskText(prompt));
  if (task !== undefined) return answerWorkTurn(view, task);
  return {
    text: renderGiveUpLine(
      'the scripted model can work only on the tasks of the demo; configure a real model for other tasks',
    ),
  };
}

/** Extracts title and description of the task; later sections may quote other tasks. */
function extractTaskText(prompt: string): string {
  const start = prompt.search(/^# Task: /m);
  return prompt.slice(Math.max(0, start)).split(/^## /m)[0] ?? '';
}
