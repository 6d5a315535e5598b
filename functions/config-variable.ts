import { z } from 'zod';

// How one variable of the environment is read and described.

export type Variable<S extends z.ZodType = z.ZodType> = {
  /** Its name in the environment. */
  readonly env: string;
  /** Takes the text, or undefined when it is unset or empty. */
  readonly schema: S;
  /** What it is and what to set, for people. */
  readonly about: string;
  readonly secret: boolean;
};

export type Section = {
  readonly variables: Readonly<Record<string, Variable>>;
  /** What is wrong with the values together, in words. */
  readonly check?: (values: Readonly<Record<string, unknown>>) => string | undefined;
};

export function variable<S extends z.ZodType>(env: string, schema: S, about: string): Variable<S> {
  return { env, schema, about, secret: false };
}

export function secret<S extends z.ZodType>(env: string, schema: S, about: string): Variable<S> {
  return { env, schema, about, secret: true };
}

export const text = z.string();

export const url = z
  .url({ protocol: /^(https?|wss?)$/, message: 'is no http(s) or ws(s) address' })
  .transform((address) => address.replace(/\/+$/, ''));

export function whole(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'is no whole number')
    .transform(Number)
    .pipe(z.number().min(min, `is at least ${min}`).max(max, `is at most ${max}`));
}

export const decimal = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, 'is no number')
  .transform(Number);

/** Separated by commas; for secrets, the newest first. */
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== ''),
);

/** A key in PEM; its line ends may be written as \\n. */
export const pem = z.string().transform((key) => key.replaceAll('\\n', '\n'));

/** JSON of a shape. */
export function json<S extends z.ZodType>(shape: S) {
  return z
    .string()
    .transform((value, context) => {
      try {
        const parsed: unknown = JSON.parse(value);
        return parsed;
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(shape);
}
