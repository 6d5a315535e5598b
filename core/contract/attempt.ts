import { z } from 'zod';
import { shaSchema } from './id.ts';
import {
  attemptKindSchema,
  evidenceSchema,
  limitsSchema,
  questionSchema,
  tierSchema,
  usageSchema,
} from './task.ts';

// What the bridge and the control plane say to each other. Every call carries the attempt's token as a bearer; an attempt
// that has ended is answered 409 `attempt_ended` and the bridge kills its agent and pushes nothing. Every call may be
// repeated: the recorded answer comes back.

const commandSchema = z.array(z.string().min(1)).min(1);

export const assignmentSchema = z.object({
  version: z.literal(1),
  attemptId: z.string(),
  kind: attemptKindSchema,
  plan: z.object({ id: z.string(), run: z.number().int(), title: z.string() }),
  task: z.object({
    id: z.string(),
    title: z.string(),
    description: z.string(),
    criteria: z.array(z.string()),
    scope: z.array(z.string()),
    interactive: z.boolean(),
    /** The `end` node: the whole of the root branch, no scope. */
    end: z.boolean(),
  }),
  repository: z.object({
    name: z.string(),
    cloneUrl: z.string(),
    /** Where the work starts: the last accepted checkpoint, the PR's head for a repair, else the root. */
    start: shaSchema,
    /** The branch that the result will be merged into. A simple plan: the base branch. */
    rootBranch: z.string(),
    /** Its head when this was written; the bridge reads it again before its last verify. */
    root: shaSchema,
    /** The attempt's own branch: the only one it may push. */
    branch: z.string(),
    /** `verify` attempts: the commit to verify on the merge with `root`. */
    verifyCommit: shaSchema.optional(),
    /** A large one: the whole history, but only those contents of files that are needed. */
    partial: z.boolean().optional(),
  }),
  setup: z.array(commandSchema),
  verify: z.array(commandSchema),
  env: z.record(z.string(), z.string()),
  /** Globs that order nobody: lockfiles, changelogs. */
  shared: z.array(z.string()),
  /** Scopes of unfinished tasks with no ordering to this one: changes there are left out unless in the own scope. */
  foreignScopes: z.array(z.object({ task: z.string(), scope: z.array(z.string()) })),
  /** What merged dependencies say of themselves. */
  parents: z.array(z.object({ task: z.string(), title: z.string(), summary: z.string() })),
  repair: z
    .object({
      reason: z.enum(['conflict', 'verify_red', 'changes_requested', 'check_red', 'head_moved']),
      /** For people and the agent: what is wrong. */
      detail: z.string(),
      files: z.array(z.string()),
      /** Tasks whose merged work met this one. */
      tasks: z.array(z.string()),
    })
    .optional(),
  /** From the repository's file, then the task: extra words for the agent. */
  notes: z.string(),
  /** The conversation so far, when an earlier attempt of the same work was lost. */
  conversation: z.array(z.object({ role: z.enum(['user', 'agent']), text: z.string() })),
  /** People's messages up to this number are in `conversation`: they are not given again. */
  messagesSeen: z.number().int().nonnegative().optional(),
  agent: z.object({ name: z.string(), model: z.string(), tier: tierSchema }),
  author: z.object({ name: z.string(), email: z.string() }),
  signOff: z.boolean(),
  limits: limitsSchema.required(),
  /** USD per million tokens; null: unknown. */
  price: z.object({ input: z.number(), output: z.number() }).nullable(),
  leaseMs: z.number().int().positive(),
  heartbeatMs: z.number().int().positive(),
});
export type Assignment = z.infer<typeof assignmentSchema>;

/** POST start: claimed -> working. */
export const startRequestSchema = z.object({ bridge: z.string().max(80) }).strict();

/** POST credentials: fetched when needed, kept in memory, never written to disk. */
export const credentialsSchema = z.object({
  git: z.object({ username: z.string(), password: z.string(), expiresAt: z.number().int() }),
  /** Absent for `verify` attempts. */
  model: z.object({ baseUrl: z.string(), apiKey: z.string(), model: z.string() }).optional(),
});
export type Credentials = z.infer<typeof credentialsSchema>;

export const bridgePhaseSchema = z.enum([
  'cloning',
  'setup',
  'agent',
  'verifying',
  'pushing',
  'waiting',
]);
export type BridgePhase = z.infer<typeof bridgePhaseSchema>;

/** POST heartbeat: renews the lease, brings what people said. */
export const heartbeatRequestSchema = z
  .object({
    phase: bridgePhaseSchema,
    /** One line for people: the tool in use, the file. */
    activity: z.string().max(200).default(''),
    usage: usageSchema,
    /** Epoch ms of the agent's last sign of life. */
    progressAt: z.number().int(),
    /** Messages up to this number have been given to the agent. */
    messagesSeen: z.number().int().nonnegative().default(0),
    /** The question that a person's words answered last, which need not have named it. */
    answered: z.string().max(64).optional(),
  })
  .strict();
/** The author of a default that was taken because nobody answered. */
export const TIMEOUT_AUTHOR = 'timeout';
export const steeringSchema = z.object({
  n: z.number().int(),
  author: z.string(),
  text: z.string(),
  answers: z.string().optional(),
});
export type Steering = z.infer<typeof steeringSchema>;
export const heartbeatResponseSchema = z.object({
  leaseUntil: z.number().int(),
  /** People's messages after `messagesSeen`, in order; `answers` names the question it answers. */
  messages: z.array(steeringSchema),
  /** The interactive session is to end: finish, verify and report. */
  finish: z.boolean(),
});
export type HeartbeatResponse = z.infer<typeof heartbeatResponseSchema>;

export const transcriptEntrySchema = z.object({
  at: z.number().int(),
  kind: z.enum(['agent', 'thought', 'tool', 'user', 'bridge', 'plan']),
  text: z.string().max(16_000),
});
export type TranscriptEntry = z.infer<typeof transcriptEntrySchema>;
/** POST transcript: one writer, numbered from 1 without gaps, put if absent. */
export const transcriptRequestSchema = z
  .object({ n: z.number().int().min(1), entries: z.array(transcriptEntrySchema).min(1).max(200) })
  .strict();

/** POST checkpoint: a commit pushed to the attempt's branch; the next attempt starts there. */
export const checkpointRequestSchema = z
  .object({ commit: shaSchema, summary: z.string().max(4_000).default('') })
  .strict();

/** POST question: working -> awaiting_input; the answer comes as a message of a heartbeat. */
export const questionRequestSchema = questionSchema.strict();

export const resultRequestSchema = z.discriminatedUnion('outcome', [
  z
    .object({
      outcome: z.literal('done'),
      /** On the attempt's branch. For a `verify` attempt: the commit it was asked to verify. */
      commit: shaSchema,
      evidence: evidenceSchema,
      /** What was done, for dependents and the PR. */
      summary: z.string().max(8_000),
      workLog: z.array(z.string().max(400)).max(200).default([]),
      changed: z.array(z.string()).max(3_000),
      /** There were more. */
      changedTruncated: z.boolean().optional(),
      /** Changed, but in the scope of another unfinished task: not committed. */
      leftOut: z
        .array(z.object({ path: z.string(), task: z.string() }))
        .max(500)
        .default([]),
      /** Committed, but a person should look: out of scope, verify or CI changed, tests deleted. */
      flagged: z
        .array(z.object({ path: z.string(), why: z.string() }))
        .max(500)
        .default([]),
      usage: usageSchema,
    })
    .strict(),
  z
    .object({
      outcome: z.literal('failed'),
      /** `agent`: it gave up or crashed; `limit`: one of the limits; `verify_red`: with its evidence; `setup`; `conflict`: a
       *  verify attempt could not merge; `provider`: the model refused for a while; `forge`: so did the forge; `infra`: ours. */
      cause: z.enum([
        'agent',
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
      /** `provider`, `forge`: come back then. */
      until: z.number().int().optional(),
      files: z.array(z.string()).max(500).default([]),
      leftOut: z
        .array(z.object({ path: z.string(), task: z.string() }))
        .max(500)
        .default([]),
      usage: usageSchema,
    })
    .strict(),
]);
export type AttemptResult = z.infer<typeof resultRequestSchema>;

export const acceptedSchema = z.object({ accepted: z.literal(true) });
