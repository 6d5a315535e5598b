import type { ToolKind } from '@agentclientprotocol/sdk';
import { z } from 'zod';
import type { ToolDefinition } from '../chat-message.ts';

/** The model asked for something that cannot be done; it is told why and goes on. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

export type UserQuestion = {
  readonly question: string;
  readonly options: readonly string[];
  readonly default: string;
};

export type ToolContext = {
  /** The session's directory, a real path. */
  readonly root: string;
  readonly signal: AbortSignal;
  readonly commandEnv: Readonly<Record<string, string>>;
  /** Asks the person behind the client. */
  askQuestion(question: UserQuestion): Promise<string>;
};

export type PreparedCall = {
  readonly title: string;
  readonly input: unknown;
  /** Files it is about, as the model named them. */
  readonly paths: readonly string[];
  execute(context: ToolContext): Promise<string>;
};

export type Tool = {
  readonly name: string;
  readonly kind: ToolKind;
  /** The client is asked before it runs. */
  readonly asksPermission: boolean;
  readonly definition: ToolDefinition;
  /** Throws ToolError when the arguments are not what the tool takes. */
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
    prepare(raw) {
      const parsed = row.parameters.safeParse(raw);
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
  return `${name} was called with wrong arguments: ${issues.join('; ')}`;
}
