import { type AgentView, cannot } from './agent-view.ts';
import { type ChatRequest, doneCalls, usersWords } from './conversation.ts';
import { findDemoTask } from './demo-tasks.ts';
import type { Flavour } from './flavour.ts';
import { repairTurn } from './repair-turn.ts';
import type { Reply } from './reply.ts';
import { workTurn } from './work-turn.ts';

// The scripted model as a coding agent. What it does next follows from the conversation alone.

export function agentTurn(messages: ChatRequest['messages'], flavour: Flavour): Reply {
  const [prompt = '', ...followUps] = usersWords(messages);
  const view: AgentView = { prompt, followUps, calls: doneCalls(messages), flavour };
  if (/^## (Merge conflict|What has to be repaired)$/m.test(prompt)) return repairTurn(view);
  const task = findDemoTask(taskText(prompt));
  if (task !== undefined) return workTurn(view, task);
  return { text: cannot('the scripted model knows the tasks of the demo only; set a real model') };
}

/** Title and description: what comes after may quote other tasks. */
function taskText(prompt: string): string {
  const start = prompt.search(/^# Task: /m);
  return prompt.slice(Math.max(0, start)).split(/^## /m)[0] ?? '';
}
