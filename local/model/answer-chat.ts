import { answerAgentTurn } from './answer-agent-turn.ts';
import type { ChatRequest } from './conversation.ts';
import { readUserMessages } from './conversation.ts';
import { createDemoPlan } from './create-demo-plan.ts';
import { COMPLEX_PHRASE, SIMPLE_PHRASE } from './demo-prompt.ts';
import { COMPLEX_VERDICT, SIMPLE_VERDICT } from './demo-verdict.ts';
import type { Reply } from './reply.ts';
import { createRequestedCall } from './reply.ts';
import type { Variations } from './variations.ts';

/** Name of the scripted model. */
export const MODEL_NAME = 'scripted-model';

const UNKNOWN_PROMPT_MESSAGE =
  'the scripted model can answer only the prompts of the demo; configure a real model for other prompts';

/** Returns the scripted answer to a request. The answer depends only on the request and the variations. */
export function answerChat(request: ChatRequest, variations: Variations): Reply {
  const allText = request.messages.map((message) => message.content).join('\n');
  const lastMessage = (readUserMessages(request.messages).at(-1) ?? '').trim();
  if (/"estimatedTasks"/.test(allText) && /"complexity"/.test(allText))
    return answerAssessment(allText);
  if (/"tasks"/.test(allText) && /"dependsOn"/.test(allText))
    return answerPlanning(allText, variations);
  // The doctor command sends these two prompts to test tool calls and JSON answers.
  const requestedCall = /^Call the tool (\w+) for the path (\S+?)\.?$/.exec(lastMessage);
  if (requestedCall !== null) {
    return {
      text: '',
      calls: [createRequestedCall(requestedCall[1] ?? '', { path: requestedCall[2] ?? '' })],
    };
  }
  const requestedText = /^Answer (\{.*\})$/s.exec(lastMessage);
  if (requestedText !== null) return { text: requestedText[1] ?? '' };
  if ((request.tools ?? []).length > 0) return answerAgentTurn(request.messages, variations);
  return { text: 'I am the scripted model of the demo.' };
}

function answerAssessment(text: string): Reply {
  if (COMPLEX_PHRASE.test(text)) return { text: JSON.stringify(COMPLEX_VERDICT, undefined, 2) };
  if (SIMPLE_PHRASE.test(text)) return { text: JSON.stringify(SIMPLE_VERDICT, undefined, 2) };
  return { status: 400, problem: UNKNOWN_PROMPT_MESSAGE };
}

function answerPlanning(text: string, variations: Variations): Reply {
  if (!COMPLEX_PHRASE.test(text)) return { status: 400, problem: UNKNOWN_PROMPT_MESSAGE };
  return { text: JSON.stringify(createDemoPlan(variations), undefined, 2) };
}
