import type { ToolKind } from '@agentclientprotocol/sdk';
import { z } from 'zod';
import type { ToolDefinition } from '../chat-message.ts';

/** A tool call that cannot be done. The model gets the message and continues. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** Question to a person, with the answer to use if no person answers. */
export type UserQuestion = {
  readonly question: string;
  readonly options: readonly string[];
  readonly default: string;
};

/** Context of a tool call. */
export type ToolContext = {
  /** Real path of the workspace. */
  readonly root: string;
  readonly signal: AbortSignal;
  /** Complete environment of commands. */
  readonly commandEnv: Readonly<Record<string, string>>;
  /** Asks a person through the client. Returns the answer or the default. */
  askQuestion(question: UserQuestion): Promise<string>;
};

/** Tool call with valid arguments. */
export type PreparedCall = {
  readonly title: string;
  readonly input: unknown;
  /** Files of the call, as the model wrote the paths. */
  readonly paths: readonly string[];
  /** Runs the call. Returns the output for the model; throws ToolError for a call that cannot be done. */
  execute(context: ToolContext): Promise<string>;
};

/** Tool of the agent. */
export type Tool = {
  readonly name: string;
  readonly kind: ToolKind;
  /** Whether the client must permit each call. */
  readonly asksPermission: boolean;
  readonly definition: ToolDefinition;
  /** Checks the arguments. Throws ToolError that lists every problem. */
  prepare(input: unknown): PreparedCall;
};

type ToolRow<Schema extends z.ZodType> = {
  readonly name: string;
  readonly description: string;
  readonly kind: ToolKind;
  readonly asksPermission: boolean;
  readonly parameters: Schema;
  title(input: z.output<Schema>): string;
  paths?(input: z.output<Schema>): readonly string[];
  run(input: z.output<Schema>, context: ToolContext): Promise<string>;
};

/** Creates a tool; the schema of the parameters also becomes the JSON schema for the model. */
export function defineTool<Schema extends z.ZodType>(row: ToolRow<Schema>): Tool {
  const parameters = z.toJSONSchema(row.parameters, { io: 'input' });
  return {
    name: row.name,
    kind: row.kind,
    asksPermission: row.asksPermission,
    definition: {
      type: 'function',
      function: { name: row.name, description: row.description, parameters },
    },
    prepare(rawInput) {
      const parsed = row.parameters.safeParse(rawInput);
      if (!parsed.success) throw new ToolError(describeIssues(row.name, parsed.error));
      const input = parsed.data;
      return {
        title: row.title(input).slice(0, 200),
        input,
        paths: row.paths?.(input) ?? [],
        execute: (context) => row.run(input, context),
      };
    },
  };
}

function describeIssues(name: string, error: z.ZodError): string {
  const issues = error.issues.map(
    (issue) => `${issue.path.join('.') || '(all)'}: ${issue.message}`,
  );
  return `invalid arguments of ${name}: ${issues.join('; ')}`;
}
