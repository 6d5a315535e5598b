import { parseJson } from '../base/parse-json.ts';
import type { ReportedFault } from './chat-reply.ts';
import type { JsonObject } from './json-value.ts';
import { firstText, isJsonObject, toNumber, toObject, toText } from './json-value.ts';

// Reads errors from bodies. Endpoints report an error as an object, a text, a number, a list, or JSON text inside another error.

const MAX_DEPTH = 4;
const MAX_MESSAGE_CHARS = 2_000;

/** Reads the error that a body reports; undefined if the body reports none. */
export function findFault(body: JsonObject): ReportedFault | undefined {
  const hasContent = Array.isArray(body.choices) && body.choices.length > 0;
  if (isReported(body.error)) return readFault(body.error);
  if (Array.isArray(body.errors) && body.errors.length > 0) return readFault(body.errors);
  if (hasContent || isJsonObject(body.message)) return undefined;
  // Bodies without content: errors without the property `error`.
  if (body.object === 'error' || body.type === 'error' || body.success === false)
    return readFault(body);
  const { base_resp: status } = body;
  if (isJsonObject(status) && toNumber(status.status_code) !== 0) return readFault(status);
  const message = body.detail ?? body.message ?? body.Message;
  const isMessage = typeof message === 'string' && message !== '';
  return isMessage || Array.isArray(body.detail) ? readFault({ ...body, message }) : undefined;
}

/** Reads an error of any shape. */
export function readFault(error: unknown, depth = 0): ReportedFault {
  if (depth > MAX_DEPTH) return { status: undefined, code: '', message: '' };
  if (Array.isArray(error)) return readFault(error[0], depth + 1);
  if (typeof error === 'number')
    return { status: toStatus(error), code: '', message: `error ${error}` };
  if (typeof error === 'string') {
    const nested = findNestedJson(error);
    if (nested !== undefined) return readFault(nested, depth + 1);
    return { status: undefined, code: '', message: error.slice(0, MAX_MESSAGE_CHARS) };
  }
  return readFaultObject(toObject(error), depth);
}

function readFaultObject(error: JsonObject, depth: number): ReportedFault {
  const nested = findNestedFault(error, depth);
  const codes = [error.code, error.type, error.status, error.error_type, error.reason]
    .map(toText)
    .filter((code) => code !== '' && code !== 'error' && toStatus(code) === undefined);
  const statuses = [
    error.code,
    error.status,
    error.status_code,
    error.statusCode,
    error.http_status,
  ];
  const message = firstText(
    toText(error.message),
    toText(error.detail),
    toText(error.msg),
    toText(error.status_msg),
    toText(error.Message),
    // FastAPI reports a list of invalid fields.
    Array.isArray(error.detail) ? toText(toObject(error.detail[0]).msg) : '',
    nested?.message ?? '',
  );
  return {
    status: statuses.map(toStatus).find((status) => status !== undefined) ?? nested?.status,
    code: [...codes, nested?.code ?? ''].filter((code) => code !== '').join(' '),
    message: message.slice(0, MAX_MESSAGE_CHARS),
  };
}

/** Reads an error inside an error: as a property, or as JSON text in the message. */
function findNestedFault(error: JsonObject, depth: number): ReportedFault | undefined {
  if (isReported(error.error)) return readFault(error.error, depth + 1);
  const nested = findNestedJson(toText(error.message));
  return nested === undefined ? undefined : readFault(nested, depth + 1);
}

function findNestedJson(text: string): unknown {
  const start = text.search(/[{[]/);
  if (start < 0) return undefined;
  const value = parseJson(text.slice(start).trim());
  return typeof value === 'object' && value !== null ? value : undefined;
}

function toStatus(value: unknown): number | undefined {
  const status = toNumber(value);
  const isError = status !== undefined && Number.isInteger(status) && status >= 400 && status < 600;
  return isError ? status : undefined;
}

function isReported(error: unknown): boolean {
  if (Array.isArray(error)) return error.length > 0;
  if (isJsonObject(error)) return Object.keys(error).length > 0;
  return error !== undefined && error !== null && error !== false && error !== '' && error !== 0;
}
