import type { ExitCode } from './cli-error.ts';
import { CliError, EXIT, usageError } from './cli-error.ts';
import type { Client } from './client.ts';
import { closest } from './closest.ts';
import type { CommandGroup } from './command/table.ts';
import { COMMAND_GROUPS, COMMANDS } from './command/table.ts';
import type { Command, Context, GlobalValues } from './command.ts';
import { connect } from './connect.ts';
import type { Host } from './host.ts';
import { renderCommandHelp, renderHelp } from './render/help.ts';
import { styled } from './render/line.ts';
import type { Terminal } from './terminal.ts';
import { makeTerminal } from './terminal.ts';

/** Runs one command line; answers its exit code. Whatever goes wrong is said on stderr, and in JSON on stdout if asked. */
export async function runCli(args: readonly string[], host: Host): Promise<ExitCode> {
  const terminal = makeTerminal(host, args.includes('--json'));
  try {
    return await dispatch(args, host, terminal);
  } catch (error) {
    return sayError(error, terminal);
  }
}

async function dispatch(
  args: readonly string[],
  host: Host,
  terminal: Terminal,
): Promise<ExitCode> {
  const found = findCommand(args);
  if ('help' in found) {
    terminal.print(renderHelp(found.help, terminal.width));
    return EXIT.done;
  }
  const { command, rest } = found;
  const prepared = command.prepare(rest);
  if (prepared.globals.help === true) {
    terminal.print(renderCommandHelp(command, terminal.width));
    return EXIT.done;
  }
  return prepared.run(makeContext(host, terminal, prepared.globals));
}

function makeContext(host: Host, terminal: Terminal, globals: GlobalValues): Context {
  let client: Promise<Client> | undefined;
  function verbose(text: string): void {
    if (globals.verbose === true) terminal.note([[styled('dim', text)]]);
  }
  return {
    host,
    terminal,
    url: globals.url,
    verbose,
    client() {
      client ??= connect(host, {
        url: globals.url,
        note: (text) => terminal.note([[styled('warn', '! '), text]]),
        verbose,
      });
      return client;
    },
  };
}

type Found =
  | { readonly command: Command; readonly rest: readonly string[] }
  | { readonly help: readonly CommandGroup[] };

/** A command is one word or two; `help` and `--help` may stand before or instead. */
function findCommand(args: readonly string[]): Found {
  const [first, second] = args;
  if (first === undefined || first === '--help' || first === '-h') return { help: COMMAND_GROUPS };
  if (first === 'help') {
    return args.length === 1 ? { help: COMMAND_GROUPS } : findCommand([...args.slice(1), '--help']);
  }
  for (const [name, length] of [
    [`${first} ${second ?? ''}`, 2],
    [first, 1],
  ] as const) {
    const command = COMMANDS.find((each) => each.name === name);
    if (command !== undefined) return { command, rest: args.slice(length) };
  }
  const group = groupOf(first);
  if (group !== undefined && (second === undefined || /^(-h|--help)$/.test(second))) {
    return { help: [group] };
  }
  throw unknownCommand(first, group === undefined ? undefined : second);
}

function groupOf(word: string): CommandGroup | undefined {
  const commands = COMMANDS.filter((command) => command.name.startsWith(`${word} `));
  const [first] = commands;
  const home = COMMAND_GROUPS.find(
    (group) => first !== undefined && group.commands.includes(first),
  );
  return home === undefined ? undefined : { title: home.title, commands };
}

function unknownCommand(first: string, second: string | undefined): CliError {
  const typed = second === undefined ? first : `${first} ${second}`;
  const names = COMMANDS.map((command) => command.name);
  const near = closest(typed, names);
  const advice = near === undefined ? '`smol-gang help` lists them' : `did you mean \`${near}\`?`;
  return usageError(`there is no command "${typed}"`, advice);
}

function sayError(error: unknown, terminal: Terminal): ExitCode {
  const known = error instanceof CliError ? error : unexpected(error);
  if (terminal.json) {
    const { code, message, advice, details, exitCode } = known;
    terminal.printJson({ error: { code, message, advice, details, exitCode } });
  }
  const [first = '', ...more] = known.message.split('\n');
  terminal.note([
    [styled('bad', '✗ '), first],
    ...more.map((line) => [line]),
    ...(known.advice === undefined ? [] : [['  ', styled('dim', known.advice)]]),
  ]);
  return known.exitCode;
}

function unexpected(error: unknown): CliError {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CliError(EXIT.failed, 'bug', `this should not have happened:\n${text}`, {
    cause: error,
  });
}
