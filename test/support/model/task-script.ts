import { answerRepairTurn } from '../../../local/model/answer-repair-turn.ts';
import type { ChatRequest } from '../../../local/model/conversation.ts';
import { collectDoneCalls, readUserMessages } from '../../../local/model/conversation.ts';
import { createFlavour } from '../../../local/model/flavour.ts';
import type { Reply, RequestedCall } from '../../../local/model/reply.ts';
import { createRequestedCall } from '../../../local/model/reply.ts';

// The words in which a test tells the scripted model what its agent does, one on a line of the task's description, of a
// review or of a message:
//
//   WRITE path <<END      lines up to END, written to the file
//   RUN ["node", "x.js"]  a command
//   ASK question (answer) asks a person; in parentheses what is taken when nobody answers
//   KEEP path             writes what the person answered to the file
//   HOLD name             the model is silent until the test releases that name
//   TURNS number          so many further calls of the model
//   CANNOT reason         gives up
//   TRY reason            gives up, unless an earlier attempt has failed already
//   UNLESS name           gives up, unless that name was released
//   SPIN name             calls the model for ever, unless that name was released
//   SAY text              part of what it says at the end

export type ScriptStep =
  | { readonly kind: 'call'; readonly call: RequestedCall }
  | { readonly kind: 'keep'; readonly path: string }
  | { readonly kind: 'hold'; readonly name: string }
  | { readonly kind: 'cannot'; readonly reason: string; readonly once: boolean }
  | { readonly kind: 'unless' | 'spin'; readonly name: string }
  | { readonly kind: 'say'; readonly text: string };

export function parseScript(text: string): ScriptStep[] {
  const steps: ScriptStep[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const [, word = '', rest = ''] = /^\s*([A-Z]+) (.+)$/.exec(lines[index] ?? '') ?? [];
    if (word === 'WRITE') {
      const [path = '', mark = ''] = rest.split(' <<');
      const end = lines.findIndex((line, at) => at > index && line.trim() === mark);
      const content = `${lines.slice(index + 1, end).join('\n')}\n`;
      steps.push({ kind: 'call', call: createRequestedCall('write_file', { path, content }) });
      index = end;
    } else steps.push(...parseScriptLine(word, rest.trim()));
  }
  return steps;
}

function parseScriptLine(word: string, rest: string): ScriptStep[] {
  switch (word) {
    case 'RUN':
      return [{ kind: 'call', call: createRequestedCall('run', { command: JSON.parse(rest) }) }];
    case 'ASK': {
      const [, question = rest, fallback = 'none'] = /^(.*) \((.*)\)$/.exec(rest) ?? [];
      return [{ kind: 'call', call: createRequestedCall('ask', { question, default: fallback }) }];
    }
    case 'KEEP':
      return [{ kind: 'keep', path: rest }];
    case 'HOLD':
      return [{ kind: 'hold', name: rest }];
    case 'TURNS':
      return Array.from({ length: Number(rest) }, (_, turn) => ({
        kind: 'call',
        call: createRequestedCall('run', { command: ['echo', String(turn)] }),
      }));
    case 'CANNOT':
    case 'TRY':
      return [{ kind: 'cannot', reason: rest, once: word === 'TRY' }];
    case 'UNLESS':
      return [{ kind: 'unless', name: rest }];
    case 'SPIN':
      return [{ kind: 'spin', name: rest }];
    case 'SAY':
      return [{ kind: 'say', text: rest }];
    default:
      return [];
  }
}

/** What the agent of this conversation does next; `hold`: nothing, until that name is released. */
export function answerScriptedTurn(
  messages: ChatRequest['messages'],
  released: ReadonlySet<string>,
): Reply | { readonly hold: string } {
  const [prompt = '', ...followUps] = readUserMessages(messages);
  const calls = collectDoneCalls(messages);
  if (prompt.includes('\n## Merge conflict\n'))
    return answerRepairTurn({ prompt, followUps, calls, flavour: createFlavour(undefined) });
  const steps = [extractOrders(prompt), ...followUps.filter(isPersonMessage)].flatMap(parseScript);
  let done = 0;
  for (const step of steps) {
    if (step.kind === 'hold' && !released.has(step.name)) return { hold: step.name };
    if (step.kind === 'cannot' && !(step.once && /An earlier attempt failed/.test(prompt)))
      return { text: `CANNOT: ${step.reason}` };
    if (step.kind === 'unless' && !released.has(step.name))
      return { text: `CANNOT: ${step.name} is missing` };
    if (step.kind === 'spin' && !released.has(step.name))
      return {
        text: '',
        calls: [createRequestedCall('run', { command: ['echo', String(calls.length)] })],
      };
    const call = createCallOfStep(step, calls.findLast(({ name }) => name === 'ask')?.output ?? '');
    if (call === undefined) continue;
    if (done >= calls.length) return { text: '', calls: [call] };
    done += 1;
  }
  const said = steps.flatMap((step) => (step.kind === 'say' ? [step.text] : []));
  return { text: ['Done as the script says.', ...said].join('\n') };
}

function createCallOfStep(step: ScriptStep, answer: string): RequestedCall | undefined {
  if (step.kind === 'call') return step.call;
  return step.kind === 'keep'
    ? createRequestedCall('write_file', { path: step.path, content: `${answer}\n` })
    : undefined;
}

/** Of a repair only what is to be repaired: the rest was done before. */
function extractOrders(prompt: string): string {
  const repair = /^## What has to be repaired\n([\s\S]*?)(?=^## )/m.exec(prompt)?.[1];
  if (repair !== undefined) return repair;
  const start = prompt.search(/^# Task: /m);
  return prompt.slice(Math.max(0, start)).split(/^## /m)[0] ?? '';
}

/** People's words; what the bridge itself says quotes the output of commands. */
function isPersonMessage(text: string): boolean {
  return /^.{1,80} says:$/m.test(text);
}
