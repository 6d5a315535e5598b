import { z } from 'zod';

export const errorBodySchema = z.object({
  error: z.object({
    /** Stable snake_case code; clients may branch on the code. */
    code: z.string(),
    message: z.string(),
    /** Holds `issues: [{ path, message }]` for an invalid request. */
    details: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string(),
  }),
});
/** Body of every HTTP response with an error status. */
export type ErrorBody = z.infer<typeof errorBodySchema>;
