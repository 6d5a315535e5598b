import { agentTurn } from './agent-turn.ts';
import { type ChatRequest, usersWords } from './conversation.ts';
import { demoPlan } from './demo-plan.ts';
import type { Flavour } from './flavour.ts';
import { COMPLEX_PHRASE, SIMPLE_PHRASE } from './prompt.ts';
import { type Reply, wish } from './reply.ts';
import { COMPLEX_VERDICT, SIMPLE_VERDICT } from './verdict.ts';

export const MODEL_NAME = 'scripted-model';

const UNKNOWN =
  'this is the scripted model, which knows the prompts of the demo only; set a real model to work on anything else';

/** Answers from the messages alone: no memory, no ids. */
export function answerChat(request: ChatRequest, flavour: Flavour): Reply {
  const all = request.messages.map((message) => message.content).join('\n');
  const last = usersWords(request.messages).at(-1) ?? '';
  if (/"estimatedTasks"/.test(all) && /"complexity"/.test(all)) return verdict(all);
  if (/"tasks"/.test(all) && /"dependsOn"/.test(all)) return plan(all, flavour);
  const asked = /^Call the tool (\w+) for the path (\S+?)\.?$/.exec(last.trim());
  if (asked !== null) {
    return { text: '', calls: [wish(asked[1] ?? '', { path: asked[2] ?? '' })] };
  }
  const echo = /^Answer (\{.*\})$/s.exec(last.trim());
  if (echo !== null) return { text: echo[1] ?? '' };
  if ((request.tools ?? []).length > 0) return agentTurn(request.messages, flavour);
  return { text: 'I am the scripted model of the demo.' };
}

function verdict(text: string): Reply {
  if (COMPLEX_PHRASE.test(text)) return { text: JSON.stringify(COMPLEX_VERDICT, undefined, 2) };
  if (SIMPLE_PHRASE.test(text)) return { text: JSON.stringify(SIMPLE_VERDICT, undefined, 2) };
  return { status: 400, problem: UNKNOWN };
}

function plan(text: string, flavour: Flavour): Reply {
  if (!COMPLEX_PHRASE.test(text)) return { status: 400, problem: UNKNOWN };
  return { text: JSON.stringify(demoPlan(flavour), undefined, 2) };
}
