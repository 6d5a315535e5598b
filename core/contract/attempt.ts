import { z } from 'zod';
import { flagCountsSchema, flagSchema, uncommittedSchema } from './flag.ts';
import { shaSchema } from './id.ts';
import {
  attemptKindSchema,
  evidenceSchema,
  limitsSchema,
  questionSchema,
  tierSchema,
  usageSchema,
} from './task.ts';

// Calls of the bridge to the control plane. Every call carries the attempt's token as a bearer token. The control plane
// answers 409 `attempt_ended` once the attempt has ended; the bridge then kills its agent and pushes nothing. The bridge may
// repeat every call; a repeated call changes nothing.

const commandSchema = z.array(z.string().min(1)).min(1);

export const attemptBudgetSchema = z.object({
  tokens: z.number().int().nonnegative().nullable(),
  usd: z.number().nonnegative().nullable(),
});
/**
 * Highest total usage of one attempt that the budget of its plan allows: the unused rest of the budget and the usage of the attempt so
 * far. Null for a missing limit.
 */
export type AttemptBudget = z.infer<typeof attemptBudgetSchema>;

export const assignmentSchema = z.object({
  version: z.literal(1),
  attemptId: z.string(),
  kind: attemptKindSchema,
  plan: z.object({
    id: z.string(),
    run: z.number().int(),
    title: z.string(),
    /** `base` for the check of a base commit: exactly `verifyCommit` is verified, without a merge. */
    purpose: z.enum(['work', 'base']).default('work'),
  }),
  task: z.object({
    id: z.string(),
    title: z.string(),
    description: z.string(),
    criteria: z.array(z.string()),
    scope: z.array(z.string()),
    interactive: z.boolean(),
    /** True for the `end` node, which may change the whole root branch and has no scope. */
    end: z.boolean(),
  }),
  repository: z.object({
    name: z.string(),
    cloneUrl: z.string(),
    /** Commit to start from: the last accepted checkpoint, the head of the pull request for a repair, otherwise `root`. */
    start: shaSchema,
    /** Target branch of the result; the base branch for a simple plan. */
    rootBranch: z.string(),
    /** Head of `rootBranch` when the assignment was written; the bridge reads the head again before its last verification. */
    root: shaSchema,
    /** The only branch that the attempt may push. */
    branch: z.string(),
    /** Commit for a `verify` attempt, which merges the commit with `root` and verifies the merge. */
    verifyCommit: shaSchema.optional(),
    /** True for a large repository: the clone contains the whole history, and git fetches file contents on demand. */
    partial: z.boolean().optional(),
  }),
  setup: z.array(commandSchema),
  verify: z.array(commandSchema),
  /** Environment variables from `.smol-gang.yaml` for the agent, set-up and verify. */
  env: z.record(z.string(), z.string()),
  /** Globs of files that many tasks change (lockfiles, changelogs); an overlap there does not order tasks. */
  shared: z.array(z.string()),
  /**
   * Scopes of unfinished tasks that may run at the same time. The bridge does not commit changes there, except in the task's own
   * scope.
   */
  foreignScopes: z.array(z.object({ task: z.string(), scope: z.array(z.string()) })),
  /** Summaries of the merged dependencies. */
  parents: z.array(z.object({ task: z.string(), title: z.string(), summary: z.string() })),
  repair: z
    .object({
      reason: z.enum(['conflict', 'verify_red', 'changes_requested', 'check_red', 'head_moved']),
      /** Description of the problem, for people and for the agent. */
      detail: z.string(),
      files: z.array(z.string()),
      /** Merged tasks that changed the same files. */
      tasks: z.array(z.string()),
    })
    .optional(),
  /** Extra instructions for the agent: from `.smol-gang.yaml`, then from the task. */
  notes: z.string(),
  /** Conversation of an earlier, lost attempt at the same work; otherwise empty. */
  conversation: z.array(z.object({ role: z.enum(['user', 'agent']), text: z.string() })),
  /** Number of the last message that `conversation` contains; the bridge delivers only later messages. */
  messagesSeen: z.number().int().nonnegative().optional(),
  agent: z.object({ name: z.string(), model: z.string(), tier: tierSchema }),
  author: z.object({ name: z.string(), email: z.string() }),
  signOff: z.boolean(),
  limits: limitsSchema.required(),
  /** Present if the plan has a budget; each heartbeat returns the present value. */
  budget: attemptBudgetSchema.optional(),
  /** USD per million tokens; null if the price is unknown. */
  price: z.object({ input: z.number(), output: z.number() }).nullable(),
  /** Lease duration in milliseconds. */
  leaseMs: z.number().int().positive(),
  /** Heartbeat interval in milliseconds. */
  heartbeatMs: z.number().int().positive(),
});
/** Complete description of an attempt for its bridge. */
export type Assignment = z.infer<typeof assignmentSchema>;

/** Body of POST start, which moves the task from `claimed` to `working`. */
export const startRequestSchema = z.object({ bridge: z.string().max(80) }).strict();

/** Response of POST credentials. The bridge requests credentials when it needs them and never writes them to disk. */
export const credentialsSchema = z.object({
  git: z.object({ username: z.string(), password: z.string(), expiresAt: z.number().int() }),
  /** Absent for a `verify` attempt, which runs no agent. */
  model: z.object({ baseUrl: z.string(), apiKey: z.string(), model: z.string() }).optional(),
});
/** Credentials of an attempt; `expiresAt` in epoch milliseconds. */
export type Credentials = z.infer<typeof credentialsSchema>;

export const bridgePhaseSchema = z.enum([
  'cloning',
  'setup',
  'agent',
  'verifying',
  'pushing',
  'waiting',
]);
/** Current step of the bridge; in `waiting`, the bridge waits for a message from a person. */
export type BridgePhase = z.infer<typeof bridgePhaseSchema>;

/** Body of POST heartbeat, which renews the lease and returns new messages. */
export const heartbeatRequestSchema = z
  .object({
    phase: bridgePhaseSchema,
    /** Current activity as one line for people, for example the tool and the file in use. */
    activity: z.string().max(200).default(''),
    usage: usageSchema,
    /** Time of the agent's last output, epoch milliseconds. */
    progressAt: z.number().int(),
    /** Number of the last message that the agent received. */
    messagesSeen: z.number().int().nonnegative().default(0),
    /** Id of the question that the last received message answered, because a message need not name its question. */
    answered: z.string().max(64).optional(),
  })
  .strict();
/** Author name of a question's default answer, which applies when no person answered in time. */
export const TIMEOUT_AUTHOR = 'timeout';
export const steeringSchema = z.object({
  n: z.number().int(),
  author: z.string(),
  text: z.string(),
  answers: z.string().optional(),
});
/** Message from a person to a running agent. */
export type SteeringMessage = z.infer<typeof steeringSchema>;
export const heartbeatResponseSchema = z.object({
  /** Epoch milliseconds. */
  leaseUntil: z.number().int(),
  /** Messages after `messagesSeen`, in order; `answers` names the question that a message answers. */
  messages: z.array(steeringSchema),
  /** True if a person ended the interactive session: the bridge finishes, verifies and reports the result. */
  finish: z.boolean(),
  /** Present if the plan has a budget. At the limit, the bridge sends no further request to the model and reports `budget`. */
  budget: attemptBudgetSchema.optional(),
});
/** Response of POST heartbeat. */
export type HeartbeatResponse = z.infer<typeof heartbeatResponseSchema>;

export const transcriptEntrySchema = z.object({
  at: z.number().int(),
  /** Source of the text; `plan` is the agent's own list of steps, not the plan of the task. */
  kind: z.enum(['agent', 'thought', 'tool', 'user', 'bridge', 'plan']),
  text: z.string().max(16_000),
});
/** Entry of an attempt's transcript; `at` in epoch milliseconds. */
export type TranscriptEntry = z.infer<typeof transcriptEntrySchema>;
/** Body of POST transcript. The bridge numbers its chunks from 1 without gaps; a repeated number changes nothing. */
export const transcriptRequestSchema = z
  .object({ n: z.number().int().min(1), entries: z.array(transcriptEntrySchema).min(1).max(200) })
  .strict();

/** Body of POST checkpoint: a commit on the attempt's branch from which the next attempt starts. */
export const checkpointRequestSchema = z
  .object({ commit: shaSchema, summary: z.string().max(4_000).default('') })
  .strict();

/** Body of POST question, which moves the task from `working` to `awaiting_input`. A heartbeat returns the answer as a message. */
export const questionRequestSchema = questionSchema.strict();

export const resultRequestSchema = z.discriminatedUnion('outcome', [
  z
    .object({
      outcome: z.literal('done'),
      /**
       * Commit on the attempt's branch; for a `verify` attempt the commit of the assignment; for a task without changes the verified
       * root commit.
       */
      commit: shaSchema,
      evidence: evidenceSchema,
      /** Summary of the work, for dependent tasks and for the pull request. */
      summary: z.string().max(8_000),
      /** Titles of the agent's tool calls in order, for the pull request. */
      workLog: z.array(z.string().max(400)).max(200).default([]),
      /**
       * Present if the agent changed nothing: `task` for a task without any change, which has no commit of its own; `repair` for a
       * repair that left the pull request as before.
       */
      noChange: z.enum(['task', 'repair']).optional(),
      changed: z.array(z.string()).max(3_000),
      /** True if `changed` does not list all files. */
      changedTruncated: z.boolean().optional(),
      /** Changed files that were not committed, because they are in the scope of another unfinished task. */
      leftOut: z
        .array(z.object({ path: z.string(), task: z.string() }))
        .max(500)
        .default([]),
      /** Files that the agent created or changed and that the commit does not contain. */
      uncommitted: z.array(uncommittedSchema).max(50).default([]),
      /** Committed files that a person should review, the worst first. */
      flagged: z.array(flagSchema).max(500).default([]),
      /** Counts of all flags, also of those that `flagged` does not list. */
      flagCounts: flagCountsSchema.optional(),
      usage: usageSchema,
    })
    .strict(),
  z
    .object({
      outcome: z.literal('failed'),
      /**
       * - `agent`       the agent gave up or crashed
       * - `limit`       the attempt reached one of its limits
       * - `verify_red`  a verify command failed; `evidence` has the results
       * - `repository`  git or the repository itself fails, in the same way at every attempt, so a retry does not help
       * - `budget`      the budget of the plan is used up
       * - `agent_missing` the program of the agent is not installed, so a retry does not help
       * - `setup`       a setup command failed
       * - `conflict`    a `verify` attempt could not merge its commit with the root
       * - `provider`    the model provider refused calls until `until`
       * - `forge`       the forge refused calls until `until`
       * - `infra`       the platform itself failed
       */
      cause: z.enum([
        'agent',
        'agent_missing',
        'repository',
        'budget',
        'limit',
        'verify_red',
        'setup',
        'conflict',
        'provider',
        'forge',
        'infra',
      ]),
      reason: z.string().max(4_000),
      evidence: evidenceSchema.optional(),
      /** End of the pause for `provider` and `forge`, epoch milliseconds. */
      until: z.number().int().optional(),
      /** Conflicting files, for `conflict`. */
      files: z.array(z.string()).max(500).default([]),
      /** Changed files that were not committed, as in a `done` result. */
      leftOut: z
        .array(z.object({ path: z.string(), task: z.string() }))
        .max(500)
        .default([]),
      usage: usageSchema,
    })
    .strict(),
]);
/** Result at the end of an attempt. */
export type AttemptResult = z.infer<typeof resultRequestSchema>;

export const acceptedSchema = z.object({ accepted: z.literal(true) });
