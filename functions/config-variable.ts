import { z } from 'zod';
import { parseJson } from '../core/base/parse-json.ts';

// Definition of one environment variable: its name, its schema and its description.

/** Environment variable with its schema and its description. */
export type ConfigVariable<S extends z.ZodType = z.ZodType> = {
  /** Name in the environment. */
  readonly env: string;
  /** Parses the text; the input is undefined for an unset or empty variable. */
  readonly schema: S;
  /** Description for people, in full sentences. */
  readonly about: string;
  /** True if the value must never appear in a log. */
  readonly secret: boolean;
};

/** Variables that belong together. A function declares the sections that it reads. */
export type ConfigSection = {
  readonly variables: Readonly<Record<string, ConfigVariable>>;
  /** Checks the combination of values; returns a message for an invalid combination. */
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

/** Key or token that an HTTP header carries: a single line of printable ASCII characters without spaces. */
export const keySchema = z
  .string()
  .regex(
    /^[\x21-\x7e]+$/,
    'contains a space, a line break or another character that no key has; copy the key again, in a single line',
  );

export const urlSchema = z
  .url({ protocol: /^(https?|wss?)$/, message: 'is not an http(s) or ws(s) URL' })
  .transform((address) => address.replace(/\/+$/, ''));

export function createWholeNumberSchema(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
}

export const decimalSchema = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, 'is not a number with at most 6 decimal places')
  .transform(Number);

/** List of values, separated by commas. */
export const listSchema = z.string().transform((value) =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);

/** List of secrets, separated by commas. A line break inside a secret is a mistake, for example a list with one entry a line. */
export const secretListSchema = z
  .string()
  .regex(/^[^\p{Cc}]*$/u, 'contains a line break or another control character')
  .pipe(listSchema);

/** Key in PEM format; the two characters \n may replace a line break. */
export const pemSchema = z.string().transform((key) => key.replaceAll('\\n', '\n'));

/** Creates the schema of a text that is JSON and whose value matches `shape`. */
export function createJsonTextSchema<S extends z.ZodType>(shape: S) {
  return z
    .string()
    .transform((text, context): unknown => {
      const value = parseJson(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: 'is not JSON' });
      return z.NEVER;
    })
    .pipe(shape);
}
