import { z } from 'zod';
import { questionSchema } from './task.ts';

// Notices inform people about events that may need an action. A notice may arrive more than once, always with the same id.

/** Kinds of notices. */
export const NOTICE_KINDS = [
  'approval_requested',
  'question',
  'conflict',
  'blocked',
  'halted',
  'failed',
  'complete',
  'budget',
  'no_change',
  'delivery',
  'base_red',
] as const;
/** Kind of a notice. */
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Data from which a client renders a notice. A notice has the fields that apply to its kind. */
export const noticeDetailsSchema = z.object({
  /** Revision that waits for approval. */
  revision: z.number().int().optional(),
  question: questionSchema.optional(),
  /** Reason why a plan failed, or why a task failed or is blocked: a stable code and a text of at most 1,000 characters. */
  reason: z.object({ code: z.string(), text: z.string() }).optional(),
  /** Conflicting paths, at most 20. */
  files: z.array(z.string()).optional(),
  /** Tasks whose changes conflict, at most 20. */
  tasks: z.array(z.string()).optional(),
  /** Pull requests that a person reviews or merges. */
  pulls: z
    .array(z.object({ repo: z.string(), number: z.number().int(), url: z.string() }))
    .optional(),
  /** Used share of the budget: 0.8 or more, above 1 when the budget is exceeded. */
  budgetShare: z.number().optional(),
});
/** Data from which a client renders a notice. */
export type NoticeDetails = z.infer<typeof noticeDetailsSchema>;

export const noticeSchema = z.object({
  /** `<plan>.<version>.<kind>` or `<plan>.r<run>.<task>.<version>.<kind>`: the same for every delivery. */
  id: z.string(),
  kind: z.enum(NOTICE_KINDS),
  plan: z.string(),
  run: z.number().int(),
  /** Absent for a notice about the plan as a whole. */
  task: z.string().optional(),
  /** Version of the plan or the task after the transition. */
  version: z.number().int(),
  /** Time of the transition, in epoch milliseconds. */
  at: z.number().int(),
  /** Title of the plan or the task. */
  title: z.string(),
  /** Text of one or two sentences, at most 500 characters. */
  text: z.string(),
  details: noticeDetailsSchema,
});
/** Notice about a plan or a task for people. */
export type Notice = z.infer<typeof noticeSchema>;

/** Parts of a notice that depend on the transition. */
export type NoticeDraft = Pick<Notice, 'kind' | 'text'> & { readonly details?: NoticeDetails };

/** Plan or task that a notice is about. */
export type NoticeSubject = Pick<Notice, 'plan' | 'run' | 'task' | 'version' | 'at' | 'title'>;

const MAX_TEXT_CHARS = 500;

/** Completes a draft. The id names the plan or task, the version and the kind, so a repeated transition creates the same notice. */
export function createNotice(subject: NoticeSubject, draft: NoticeDraft): Notice {
  const { plan, run, task, version } = subject;
  const subjectId = task === undefined ? plan : `${plan}.r${run}.${task}`;
  const { kind, text, details = {} } = draft;
  const bounded = text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS - 3)}...` : text;
  return { id: `${subjectId}.${version}.${kind}`, kind, ...subject, text: bounded, details };
}
