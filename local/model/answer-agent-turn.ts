import type { AgentConversation } from './agent-conversation.ts';
import { renderGiveUpLine } from './agent-conversation.ts';
import { answerRepairTurn } from './answer-repair-turn.ts';
import { answerWorkTurn } from './answer-work-turn.ts';
import type { ChatRequest } from './conversation.ts';
import { collectCompletedCalls, readUserMessages } from './conversation.ts';
import { findDemoTask } from './demo-tasks.ts';
import type { Reply } from './reply.ts';
import type { Variations } from './variations.ts';

// The scripted model in the role of the model behind a coding agent. Each answer depends only on the conversation.

/** Answers the next request of an agent; gives up on any task outside the demo. */
export function answerAgentTurn(messages: ChatRequest['messages'], variations: Variations): Reply {
  const [prompt = '', ...followUps] = readUserMessages(messages);
  const conversation: AgentConversation = {
    prompt,
    followUps,
    calls: collectCompletedCalls(messages),
    variations,
  };
  if (/^## (Merge conflict|What has to be repaired)$/m.test(prompt))
    return answerRepairTurn(conversation);
  const task = findDemoTask(extractTaskText(prompt));
  if (task !== undefined) return answerWorkTurn(conversation, task);
  return {
    text: renderGiveUpLine(
      'the scripted model can work only on the tasks of the demo; configure a real model for other tasks',
    ),
  };
}

/** Extracts the section with title and description of the task, because later sections may quote other tasks. */
function extractTaskText(prompt: string): string {
  const start = prompt.search(/^# Task: /m);
  return prompt.slice(Math.max(0, start)).split(/^## /m)[0] ?? '';
}
