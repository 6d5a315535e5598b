import { expect, test } from 'vitest';
import { COMMANDS } from './command/command-table.ts';
import { defineCommand, parseChoiceOption, parseNumberOption } from './define-command.ts';
import { createProcessHost } from './host.ts';
import { createTerminal } from './terminal.ts';

const host = createProcessHost();
const terminal = createTerminal(host, { isJson: false });
const rejectClient = () => Promise.reject(new Error('this test has no server'));

const tinyCommand = defineCommand({
  name: 'tiny',
  summary: 'for the test',
  usage: 'WORD [--count N]',
  argumentCount: { min: 1, max: 1 },
  options: { count: { type: 'string', help: 'how many' } },
  run: async () => 0,
});

test.each([
  [[], /an argument is missing; usage: smol-gang tiny WORD \[--count N\]/],
  [['a', 'b'], /"b" is one argument too many/],
  [['a', '--colour'], /there is no option --colour/],
  [['a', '--coutn', '3'], /there is no option --coutn/],
  [['a', '--count'], /'--count <value>' argument missing/],
])('the arguments %j are rejected with a message that matches %s', (args, message) => {
  expect(() => tinyCommand.prepare(args)).toThrow(message);
});

test('an option takes a value with a leading dash, but not the name of another option', async () => {
  let receivedPrompt: unknown;
  const echo = defineCommand({
    name: 'echo',
    summary: 'for the test',
    usage: '',
    argumentCount: { min: 0, max: 0 },
    options: { prompt: { type: 'string', help: 'text' }, wait: { type: 'boolean', help: 'flag' } },
    run: async (_context, _args, values) => {
      receivedPrompt = values.prompt;
      return 0;
    },
  });
  const context = { url: undefined, printVerbose() {}, host, terminal, client: rejectClient };

  await echo.prepare(['--prompt', '- one\n- two', '--wait']).run(context);

  expect(receivedPrompt).toBe('- one\n- two');
  expect(() => echo.prepare(['--prompt', '--wait'])).toThrow('ambiguous');
});

test('--help works although arguments are missing', () => {
  expect(tinyCommand.prepare(['--help']).globals.help).toBe(true);
});

test('number and choice options reject invalid values', () => {
  const bounds = { min: 1, whole: true };

  expect(parseNumberOption('n', '12', bounds)).toBe(12);
  expect(parseNumberOption('n', undefined, bounds)).toBeUndefined();
  for (const invalid of ['', ' ', '0', '1.5', '-1', 'many', 'Infinity', '1e999']) {
    expect(() => parseNumberOption('n', invalid, bounds)).toThrow(
      `--n takes a whole number of at least 1, not "${invalid}"`,
    );
  }
  expect(parseChoiceOption('policy', 'auto', ['auto', 'review'])).toBe('auto');
  expect(() => parseChoiceOption('policy', 'yolo', ['auto', 'review'])).toThrow(
    'one of auto, review',
  );
});

test('every command has a unique name of one or two words and a summary', () => {
  const names = COMMANDS.map((command) => command.name);

  expect(new Set(names).size).toBe(names.length);
  for (const command of COMMANDS) {
    expect(command.name).toMatch(/^[a-z]+( [a-z-]+)?$/);
    expect(command.summary).toMatch(/^\S.*[^.]$/);
    for (const option of Object.values(command.options)) expect(option.help).not.toBe('');
  }
});

test('no option takes a password or a token', () => {
  const options = COMMANDS.flatMap((command) => Object.keys(command.options));

  expect(options.filter((name) => /password|secret|token$|key/.test(name))).toEqual([]);
});
