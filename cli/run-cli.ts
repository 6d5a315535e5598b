import type { ExitCode } from './cli-error.ts';
import { CliError, createUsageError, EXIT } from './cli-error.ts';
import type { Client } from './client/client.ts';
import { connectClient } from './client/connect-client.ts';
import { COMMAND_GROUPS, COMMANDS } from './command/command-table.ts';
import { printCandidates } from './command/completion/print-candidates.ts';
import type { Command, CommandContext, CommandGroup, GlobalValues } from './define-command.ts';
import { findClosest } from './find-closest.ts';
import { findCommandByWords } from './find-command.ts';
import { findColourMode, separateGlobalOptions } from './global-options.ts';
import type { Host } from './host.ts';
import { styleSpan } from './render/layout/line.ts';
import { renderCommandHelp, renderGroupHelp, renderHelp } from './render/render-help.ts';
import type { Terminal } from './terminal.ts';
import { createTerminal } from './terminal.ts';

/** Runs a command line and returns its exit code. Prints every error on stderr and, with --json, on stdout as JSON. */
export async function runCli(args: readonly string[], host: Host): Promise<ExitCode> {
  let terminal = createTerminal(host, { isJson: args.includes('--json') });
  try {
    terminal = createTerminal(host, { isJson: terminal.isJson, colour: findColourMode(args) });
    return await dispatchCommand(args, host, terminal);
  } catch (error) {
    return printError(error, terminal);
  }
}

async function dispatchCommand(
  args: readonly string[],
  host: Host,
  terminal: Terminal,
): Promise<ExitCode> {
  // A shell asks for candidates with an incomplete command line, which no command could parse.
  if (args[0] === '__complete')
    return printCandidates(createContext(host, terminal, {}), args.slice(1), COMMANDS);
  const match = findCommand(args);
  if ('topic' in match) {
    const { topic } = match;
    terminal.printLines(
      topic === 'all'
        ? renderHelp(COMMAND_GROUPS, terminal.helpWidth)
        : renderGroupHelp(topic, terminal.helpWidth),
    );
    return EXIT.done;
  }
  const { command, commandArgs } = match;
  const prepared = command.prepare(commandArgs);
  if (prepared.globals.help === true) {
    terminal.printLines(renderCommandHelp(command, terminal.helpWidth));
    return EXIT.done;
  }
  return prepared.run(createContext(host, terminal, prepared.globals));
}

function createContext(host: Host, terminal: Terminal, globals: GlobalValues): CommandContext {
  let client: Promise<Client> | undefined;
  function printVerbose(text: string): void {
    if (globals.verbose === true) terminal.printNotes([[styleSpan('dim', text)]]);
  }
  return {
    host,
    terminal,
    url: globals.url,
    printVerbose,
    client() {
      client ??= connectClient(host, {
        url: globals.url,
        printNote: (text) => terminal.printNotes([[styleSpan('warn', '! '), text]]),
        printVerbose,
      });
      return client;
    },
  };
}

type CommandMatch =
  | { readonly command: Command; readonly commandArgs: readonly string[] }
  | { readonly topic: 'all' | CommandGroup };

/** Finds the command that the first two words or the first word name, or else the topic to show help for. */
function findCommand(args: readonly string[]): CommandMatch {
  const { words, globals, otherArgs } = separateGlobalOptions(args);
  const [first = 'help', second] = words;
  if (first === 'help') {
    const topicArgs = [...words.slice(1), ...otherArgs];
    return topicArgs.length === 0
      ? { topic: 'all' }
      : findCommand([...topicArgs, ...globals, '--help']);
  }
  const match = findCommandByWords(words, COMMANDS);
  if (match !== undefined)
    return {
      command: match.command,
      commandArgs: [...globals, ...words.slice(match.wordCount), ...otherArgs],
    };
  const group = findGroup(first);
  if (group !== undefined && second === undefined) return { topic: group };
  throw createUnknownCommandError(first, group === undefined ? undefined : second);
}

/** Finds the commands whose names start with a word, such as "plan". */
function findGroup(word: string): CommandGroup | undefined {
  const commands = COMMANDS.filter((command) => command.name.startsWith(`${word} `));
  const [firstCommand] = commands;
  const group = COMMAND_GROUPS.find(
    ({ commands: members }) => firstCommand !== undefined && members.includes(firstCommand),
  );
  return group === undefined ? undefined : { title: group.title, commands };
}

function createUnknownCommandError(first: string, second: string | undefined): CliError {
  const typed = second === undefined ? first : `${first} ${second}`;
  const names = COMMANDS.map((command) => command.name);
  const closest = findClosest(typed, names);
  const help = second === undefined ? 'smol-gang help' : `smol-gang help ${first}`;
  const advice =
    closest === undefined ? `\`${help}\` lists the commands` : `did you mean \`${closest}\`?`;
  return createUsageError(`there is no command "${typed}"`, advice);
}

/** Prints an error and returns its exit code. */
function printError(error: unknown, terminal: Terminal): ExitCode {
  const cliError = error instanceof CliError ? error : createUnexpectedError(error);
  if (terminal.isJson) {
    const { code, message, advice, details, exitCode } = cliError;
    terminal.printJson({ error: { code, message, advice, details, exitCode } });
  }
  const [firstLine = '', ...otherLines] = cliError.message.split('\n');
  terminal.printNotes([
    [styleSpan('bad', '✗ '), firstLine],
    ...otherLines.map((line) => [line]),
    ...(cliError.advice === undefined ? [] : [['  ', styleSpan('dim', cliError.advice)]]),
  ]);
  return cliError.exitCode;
}

function createUnexpectedError(error: unknown): CliError {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = `unexpected error: this is a bug in smol-gang; please report it with this text:\n${text}`;
  return new CliError(EXIT.failed, 'bug', message, { cause: error });
}
