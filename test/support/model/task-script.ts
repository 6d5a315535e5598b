import { answerRepairTurn } from '../../../local/model/answer-repair-turn.ts';
import type { ChatRequest } from '../../../local/model/conversation.ts';
import { collectCompletedCalls, readUserMessages } from '../../../local/model/conversation.ts';
import type { Reply, RequestedCall } from '../../../local/model/reply.ts';
import { createRequestedCall } from '../../../local/model/reply.ts';
import { createVariations } from '../../../local/model/variations.ts';

// Script language of the scripted task model. A test writes an instruction per line into the description of a task, a review
// or a message to an agent:
//
//   WRITE path <<END      writes the lines up to END to the file
//   RUN ["node", "x.js"]  runs a command
//   ASK question (answer) asks a person; the default answer is in parentheses
//   KEEP path             writes the answer of the person to the file
//   HOLD name             waits until the test releases the name
//   TURNS number          runs this number of further commands, each in its own model call
//   CANNOT reason         gives up
//   TRY reason            gives up, unless an earlier attempt has failed
//   UNLESS name           gives up, unless the name was released
//   SPIN name             calls the model without end, unless the name was released
//   SAY text              adds the text to the final message

/** Parsed instruction. */
export type ScriptStep =
  | { readonly kind: 'call'; readonly call: RequestedCall }
  | { readonly kind: 'keep'; readonly path: string }
  | { readonly kind: 'hold'; readonly name: string }
  | { readonly kind: 'cannot'; readonly reason: string; readonly onlyFirstAttempt: boolean }
  | { readonly kind: 'unless' | 'spin'; readonly name: string }
  | { readonly kind: 'say'; readonly text: string };

export function parseScript(text: string): ScriptStep[] {
  const steps: ScriptStep[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const [, word = '', argument = ''] = /^\s*([A-Z]+) (.+)$/.exec(lines[index] ?? '') ?? [];
    if (word === 'WRITE') {
      const [path = '', endMark = ''] = argument.split(' <<');
      const end = lines.findIndex(
        (line, lineIndex) => lineIndex > index && line.trim() === endMark,
      );
      const content = `${lines.slice(index + 1, end).join('\n')}\n`;
      steps.push({ kind: 'call', call: createRequestedCall('write_file', { path, content }) });
      index = end;
    } else steps.push(...parseScriptLine(word, argument.trim()));
  }
  return steps;
}

function parseScriptLine(word: string, argument: string): ScriptStep[] {
  switch (word) {
    case 'RUN':
      return [
        { kind: 'call', call: createRequestedCall('run', { command: JSON.parse(argument) }) },
      ];
    case 'ASK': {
      const [, question = argument, defaultAnswer = 'none'] =
        /^(.*) \((.*)\)$/.exec(argument) ?? [];
      return [
        { kind: 'call', call: createRequestedCall('ask', { question, default: defaultAnswer }) },
      ];
    }
    case 'KEEP':
      return [{ kind: 'keep', path: argument }];
    case 'HOLD':
      return [{ kind: 'hold', name: argument }];
    case 'TURNS':
      return Array.from({ length: Number(argument) }, (_, turn) => ({
        kind: 'call',
        call: createRequestedCall('run', { command: ['echo', String(turn)] }),
      }));
    case 'CANNOT':
    case 'TRY':
      return [{ kind: 'cannot', reason: argument, onlyFirstAttempt: word === 'TRY' }];
    case 'UNLESS':
      return [{ kind: 'unless', name: argument }];
    case 'SPIN':
      return [{ kind: 'spin', name: argument }];
    case 'SAY':
      return [{ kind: 'say', text: argument }];
    default:
      return [];
  }
}

/** Returns the next reply to an agent. `hold`: the reply must wait until the test releases this name. */
export function answerScriptedTurn(
  messages: ChatRequest['messages'],
  released: ReadonlySet<string>,
): Reply | { readonly hold: string } {
  const [prompt = '', ...followUps] = readUserMessages(messages);
  const calls = collectCompletedCalls(messages);
  if (prompt.includes('\n## Merge conflict\n'))
    return answerRepairTurn({ prompt, followUps, calls, variations: createVariations(undefined) });
  const steps = [extractInstructions(prompt), ...followUps.filter(isPersonMessage)].flatMap(
    parseScript,
  );
  let completedCount = 0;
  for (const step of steps) {
    if (step.kind === 'hold' && !released.has(step.name)) return { hold: step.name };
    if (
      step.kind === 'cannot' &&
      !(step.onlyFirstAttempt && /An earlier attempt failed/.test(prompt))
    )
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
    if (completedCount >= calls.length) return { text: '', calls: [call] };
    completedCount += 1;
  }
  const texts = steps.flatMap((step) => (step.kind === 'say' ? [step.text] : []));
  return { text: ['Done as the script says.', ...texts].join('\n') };
}

function createCallOfStep(step: ScriptStep, answer: string): RequestedCall | undefined {
  if (step.kind === 'call') return step.call;
  return step.kind === 'keep'
    ? createRequestedCall('write_file', { path: step.path, content: `${answer}\n` })
    : undefined;
}

/** Returns the part of a prompt that can contain instructions: the task, or in a repair the section about the repair. */
function extractInstructions(prompt: string): string {
  const repair = /^## What has to be repaired\n([\s\S]*?)(?=^## )/m.exec(prompt)?.[1];
  if (repair !== undefined) return repair;
  const start = prompt.search(/^# Task: /m);
  return prompt.slice(Math.max(0, start)).split(/^## /m)[0] ?? '';
}

/** Returns whether a person sent a message. Messages of the bridge may quote instructions from the output of commands. */
function isPersonMessage(text: string): boolean {
  return /^.{1,80} says:$/m.test(text);
}
