import { z } from 'zod';

/** Roles in ascending order: each role includes the permissions of the previous roles. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export const roleSchema = z.enum(ROLES);
/** Role of a user or of an API token. */
export type Role = z.infer<typeof roleSchema>;

export const loginSchema = z
  .object({ email: z.email().max(200), password: z.string().min(1).max(200) })
  .strict();
export const refreshSchema = z.object({ refreshToken: z.string().min(1).max(4_000) }).strict();
/** Request that exchanges the code of a one-time sign-in link for a session. */
export const exchangeSchema = z.object({ code: z.string().min(1).max(200) }).strict();
export const sessionSchema = z.object({
  /** Signed token for the Authorization header. */
  accessToken: z.string(),
  /** Time at which the access token expires, epoch milliseconds. */
  expiresAt: z.number().int(),
  refreshToken: z.string(),
  user: z.object({ email: z.string(), role: roleSchema }),
});
/** Tokens of a signed-in user. */
export type Session = z.infer<typeof sessionSchema>;

export const tokenIdSchema = z
  .string()
  .regex(
    /^k[0-9a-hjkmnp-tv-z]{12}$/,
    'a token id is "k" and 12 letters or digits, for example k3k9m2x7abcde',
  );
export const createTokenSchema = z
  .object({
    name: z.string().min(1).max(80),
    role: roleSchema,
    /** Lifetime in days; default 90. */
    days: z.number().int().min(1).max(366).default(90),
  })
  .strict();
/** API token without its secret; times in epoch milliseconds. */
export const tokenViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  createdAt: z.number().int(),
  expiresAt: z.number().int(),
  createdBy: z.string(),
});
/** Response to the creation of an API token, the only response that contains the secret (`token`). */
export const createdTokenSchema = tokenViewSchema.extend({ token: z.string() });

const newPasswordSchema = z.string().min(10).max(200);
export const createUserSchema = z
  .object({ email: z.email().max(200), password: newPasswordSchema, role: roleSchema })
  .strict();
/** Change of a user by an admin. */
export const changeUserSchema = z
  .object({ role: roleSchema.optional(), password: newPasswordSchema.optional() })
  .strict()
  .refine(({ role, password }) => role !== undefined || password !== undefined, {
    message: 'give a role, a password or both',
  });
/** Change of the own password. */
export const changePasswordSchema = z
  .object({ current: z.string().min(1).max(200), next: newPasswordSchema })
  .strict();
/** User as clients see it; `createdAt` in epoch milliseconds. */
export const userViewSchema = z.object({
  email: z.string(),
  role: roleSchema,
  createdAt: z.number().int(),
});

export const sessionIdSchema = z
  .string()
  .regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'a session id has 26 letters or digits');
/** Session without its tokens; times in epoch milliseconds. */
export const sessionViewSchema = z.object({
  id: z.string(),
  email: z.string(),
  openedAt: z.number().int(),
  /** Last sign-in or renewal. */
  usedAt: z.number().int(),
  expiresAt: z.number().int(),
  /** True for the session of this request. */
  current: z.boolean(),
});
