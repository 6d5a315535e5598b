import { z } from 'zod';

// How one variable of the environment is read and described.

export type ConfigVariable<S extends z.ZodType = z.ZodType> = {
  /** Its name in the environment. */
  readonly env: string;
  /** Takes the text, or undefined when it is unset or empty. */
  readonly schema: S;
  /** What it is and what to set, for people. */
  readonly about: string;
  readonly secret: boolean;
};

export type ConfigSection = {
  readonly variables: Readonly<Record<string, ConfigVariable>>;
  /** What is wrong with the values together, in words. */
  readonly check?: (values: Readonly<Record<string, unknown>>) => string | undefined;
};

export function defineVariable<S extends z.ZodType>(
  env: string,
  schema: S,
  about: string,
): ConfigVariable<S> {
  return { env, schema, about, secret: false };
}

export function defineSecret<S extends z.ZodType>(
  env: string,
  schema: S,
  about: string,
): ConfigVariable<S> {
  return { env, schema, about, secret: true };
}

export const textSchema = z.string();

export const urlSchema = z
  .url({ protocol: /^(https?|wss?)$/, message: 'is no http(s) or ws(s) address' })
  .transform((address) => address.replace(/\/+$/, ''));

export function createWholeNumberSchema(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'is no whole number')
    .transform(Number)
    .pipe(z.number().min(min, `is at least ${min}`).max(max, `is at most ${max}`));
}

export const decimalSchema = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, 'is no number')
  .transform(Number);

/** Separated by commas; for secrets, the newest first. */
export const listSchema = z.string().transform((value) =>
  value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== ''),
);

/** A key in PEM; its line ends may be written as \\n. */
export const pemSchema = z.string().transform((key) => key.replaceAll('\\n', '\n'));

/** JSON of a shape. */
export function createJsonTextSchema<S extends z.ZodType>(shape: S) {
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
