import { answerAgentTurn } from './answer-agent-turn.ts';
import type { ChatRequest } from './conversation.ts';
import { readUserMessages } from './conversation.ts';
import { createDemoPlan } from './create-demo-plan.ts';
import { COMPLEX_PHRASE, SIMPLE_PHRASE } from './demo-prompt.ts';
import { COMPLEX_VERDICT, SIMPLE_VERDICT } from './demo-verdict.ts';
import type { Flavour } from './flavour.ts';
import type { Reply } from './reply.ts';
import { createRequestedCall } from './reply.ts';

/** Name of the scripted model. */
export const MODEL_NAME = 'scripted-model';

const UNKNOWN_PROMPT_MESSAGE =
  'the scripted model can answer only the prompts of the demo; configure a real model for other prompts';

/** Answers a request from its messages only, without state between requests. */
export function answerChat(request: ChatRequest, flavour: Flavour): Reply {
  const allText = request.messages.map((message) => message.content).join('\n');
  const last = readUserMessages(request.messages).at(-1) ?? '';
  if (/"estimatedTasks"/.test(allText) && /"complexity"/.test(allText))
    return answerAssessment(allText);
  if (/"tasks"/.test(allText) && /"dependsOn"/.test(allText))
    return answerPlanning(allText, flavour);
  const requestedCall = /^Call the tool (\w+) for the path (\S+?)\.?$/.exec(last.trim());
  if (requestedCall !== null) {
    return {
      text: '',
      calls: [createRequestedCall(requestedCall[1] ?? '', { path: requestedCall[2] ?? '' })],
    };
  }
  const echo = /^Answer (\{.*\})$/s.exec(last.trim());
  if (echo !== null) return { text: echo[1] ?? '' };
  if ((request.tools ?? []).length > 0) return answerAgentTurn(request.messages, flavour);
  return { text: 'I am the scripted model of the demo.' };
}

function answerAssessment(text: string): Reply {
  if (COMPLEX_PHRASE.test(text)) return { text: JSON.stringify(COMPLEX_VERDICT, undefined, 2) };
  if (SIMPLE_PHRASE.test(text)) return { text: JSON.stringify(SIMPLE_VERDICT, undefined, 2) };
  return { status: 400, problem: UNKNOWN_PROMPT_MESSAGE };
}

function answerPlanning(text: string, flavour: Flavour): Reply {
  if (!COMPLEX_PHRASE.test(text)) return { status: 400, problem: UNKNOWN_PROMPT_MESSAGE };
  return { text: JSON.stringify(createDemoPlan(flavour), undefined, 2) };
}
