import { parseJson } from '../base/parse-json.ts';
import { JsonSplitter } from './json-splitter.ts';

// Splits the body of a response into JSON values. The content type does not decide, because endpoints send events as JSON and JSON
// as events.

/** Piece of a body. */
export type BodyEvent =
  | { readonly kind: 'value'; readonly value: unknown }
  /** Error event; the value may be a text. */
  | { readonly kind: 'error'; readonly value: unknown }
  /** Mark for the end of a stream. */
  | { readonly kind: 'end' }
  /** Text that is not JSON, such as a web page or half an object. */
  | { readonly kind: 'unreadable'; readonly text: string };

/** Longest event, characters. A longer event is reported as unreadable, so that an endless event cannot use up the memory. */
const MAX_EVENT_CHARS = 16 * 1024 * 1024;

/** Reads a body that arrives in pieces: server-sent events, one JSON document, a list of documents, or a document per line. */
export class BodyReader {
  #format: 'unknown' | 'events' | 'json' = 'unknown';
  readonly #splitter = new JsonSplitter();
  #unfinishedLine = '';
  #eventName = '';
  #eventData = '';

  /** Returns the events that end in this piece. */
  write(text: string): BodyEvent[] {
    if (this.#format === 'unknown') this.#detectFormat(text);
    if (this.#format === 'unknown') return [];
    return this.#format === 'json' ? this.#readObjects(text) : this.#readLines(text);
  }

  /** Returns the events that the end of the body completes. */
  finish(): BodyEvent[] {
    if (this.#format === 'json') return createUnreadableEvents(this.#splitter.unfinished);
    const lastLine = this.#unfinishedLine;
    this.#unfinishedLine = '';
    return [...this.#readLine(lastLine), ...this.#endEvent()];
  }

  #detectFormat(text: string): void {
    const first = text.replace(/^\ufeff/, '').trimStart()[0];
    if (first !== undefined) this.#format = first === '{' || first === '[' ? 'json' : 'events';
  }

  #readObjects(text: string): BodyEvent[] {
    const events = this.#splitter.write(text).flatMap(readDocument);
    if (this.#splitter.unfinished.length <= MAX_EVENT_CHARS) return events;
    this.#format = 'events';
    return [...events, ...createUnreadableEvents(this.#splitter.unfinished)];
  }

  #readLines(text: string): BodyEvent[] {
    const received = this.#unfinishedLine + text;
    // A carriage return at the end may be the first half of a line end.
    const complete = received.endsWith('\r') ? received.slice(0, -1) : received;
    const lines = complete.split(/\r\n|\r|\n/);
    this.#unfinishedLine = (lines.pop() ?? '') + received.slice(complete.length);
    const events = lines.flatMap((line) => this.#readLine(line));
    if (this.#unfinishedLine.length + this.#eventData.length <= MAX_EVENT_CHARS) return events;
    const tooLong = this.#eventData + this.#unfinishedLine;
    this.#eventData = '';
    this.#unfinishedLine = '';
    return [...events, ...createUnreadableEvents(tooLong)];
  }

  #readLine(rawLine: string): BodyEvent[] {
    const line = rawLine.replace(/^\ufeff/, '').trimEnd();
    if (line === '') return this.#endEvent();
    const [, field = '', value = ''] =
      /^(data|event|error|id|retry|)(?::\s?(.*))?$/s.exec(line) ?? [];
    switch (field) {
      case 'data':
        return this.#readData(value);
      case 'event':
        this.#eventName = value.trim();
        return [];
      case 'error':
        // Some servers report an error in a field of this name.
        return [{ kind: 'error', value: parseJson(value) ?? value }];
      case 'id':
      case 'retry':
        return [];
      default:
        return line.startsWith(':') ? [] : readDocument(line);
    }
  }

  /** Reads a data line. Emits a complete value at once, because some servers omit the empty line between two events. */
  #readData(data: string): BodyEvent[] {
    const previous = this.#eventData === '' ? '' : `${this.#eventData}\n`;
    this.#eventData = previous + data;
    const text = this.#eventData.trim();
    const isEndMark = text === '[DONE]';
    const mayBeComplete = isEndMark || text.endsWith('}') || text.endsWith(']');
    return mayBeComplete && (isEndMark || parseJson(text) !== undefined) ? this.#emitData() : [];
  }

  #endEvent(): BodyEvent[] {
    const events = this.#emitData();
    this.#eventName = '';
    return events;
  }

  #emitData(): BodyEvent[] {
    const text = this.#eventData.trim();
    this.#eventData = '';
    if (text === '') return [];
    if (text === '[DONE]') return [{ kind: 'end' }];
    if (this.#eventName === 'error') return [{ kind: 'error', value: parseJson(text) ?? text }];
    return readDocument(text);
  }
}

/** Returns a value for a JSON document, and a value per item for a list. */
function readDocument(text: string): BodyEvent[] {
  const value = parseJson(text);
  if (value === undefined) return createUnreadableEvents(text);
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => ({ kind: 'value', value: item }));
}

function createUnreadableEvents(text: string): BodyEvent[] {
  return text === '' ? [] : [{ kind: 'unreadable', text: text.slice(0, 1_000) }];
}
