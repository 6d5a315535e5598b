import { DATA_NOTE, fenceData } from './task-prompt.ts';

/**
 * Renders the first prompt of a session that replaces an earlier session of the same attempt.
 *
 * @param taskPrompt prompt of the earlier session, which describes the task
 * @param conversationEnd end of the transcript of the earlier session
 * @param prompt what the agent has to do next
 */
export function renderResumedPrompt(
  taskPrompt: string,
  conversationEnd: string,
  prompt: string,
): string {
  const conversation =
    conversationEnd.trim() !== '' &&
    `## The conversation so far\n\nYou have worked on this task in an earlier session; the workspace holds your work. ${DATA_NOTE}\n${fenceData(conversationEnd)}`;
  return [taskPrompt, conversation, `## What to do next\n\n${prompt}`]
    .filter((section) => !!section)
    .join('\n\n');
}
