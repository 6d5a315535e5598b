import type { ToolKind } from '@agentclientprotocol/sdk';
import { z } from 'zod';
import type { ToolDefinition } from '../chat-message.ts';

/** Failure of a tool call that the model can react to. The model gets the message and continues. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** Question to a person; `default` is the answer if no person answers. */
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
  /** Paths of the files that the call uses, as the model wrote the paths. */
  readonly paths: readonly string[];
  /** Runs the call. Returns the output for the model; throws ToolError if the call fails. */
  execute(context: ToolContext): Promise<string>;
};

/** Tool that the model can call. */
export type Tool = {
  readonly name: string;
  readonly kind: ToolKind;
  /** Whether the client must permit each call. */
  readonly requiresPermission: boolean;
  readonly definition: ToolDefinition;
  /** Checks the arguments. Throws a ToolError that lists all invalid arguments. */
  prepare(input: unknown): PreparedCall;
};

/** Name, parameters and function of a tool, from which `defineTool` creates the tool. */
type ToolSpec<Schema extends z.ZodType> = {
  readonly name: string;
  readonly description: string;
  readonly kind: ToolKind;
  readonly requiresPermission: boolean;
  readonly parameters: Schema;
  title(input: z.output<Schema>): string;
  paths?(input: z.output<Schema>): readonly string[];
  run(input: z.output<Schema>, context: ToolContext): Promise<string>;
};

/** Creates a tool. Converts the schema of the parameters into the JSON schema that the model gets. */
export function defineTool<Schema extends z.ZodType>(spec: ToolSpec<Schema>): Tool {
  const parameters = z.toJSONSchema(spec.parameters, { io: 'input' });
  return {
    name: spec.name,
    kind: spec.kind,
    requiresPermission: spec.requiresPermission,
    definition: {
      type: 'function',
      function: { name: spec.name, description: spec.description, parameters },
    },
    prepare(rawInput) {
      const parsed = spec.parameters.safeParse(rawInput);
      if (!parsed.success) throw new ToolError(describeIssues(spec.name, parsed.error));
      const input = parsed.data;
      return {
        title: spec.title(input).slice(0, 200),
        input,
        paths: spec.paths?.(input) ?? [],
        execute: (context) => spec.run(input, context),
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
