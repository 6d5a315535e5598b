import { parseJson } from '../base/parse-json.ts';
import type { CallPart, ReplyCall } from './chat-reply.ts';
import { JsonSplitter } from './json-splitter.ts';
import { isJsonObject } from './json-value.ts';

// Assembles tool calls from the pieces of a stream. Endpoints deviate from OpenAI: all calls have the index 0, the index is missing or
// does not start at 0, ids are missing, repeated or change within a call, and arguments arrive whole, in pieces or accumulated.

type DraftCall = { readonly index: number | undefined; id: string; name: string; pieces: string[] };

/** Collects the pieces of all tool calls of one reply. */
export class CallAssembler {
  readonly #drafts: DraftCall[] = [];

  /** Adds a piece of a stream. */
  addPiece(part: CallPart): void {
    const draft = this.#findContinued(part);
    if (draft === undefined) {
      this.#addDraft(part);
      return;
    }
    if (draft.id === '') draft.id = part.id;
    draft.name = joinNames(draft, part.name);
    if (part.arguments !== '') draft.pieces.push(part.arguments);
  }

  /** Adds the calls of a whole message, some of which may have arrived as pieces. */
  addWholeCalls(parts: readonly CallPart[]): void {
    const unmatched = [...this.#drafts];
    for (const part of parts) {
      const position = unmatched.findIndex((draft) => isSameCall(draft, part));
      const [draft] = position < 0 ? [] : unmatched.splice(position, 1);
      if (draft === undefined) this.#addDraft(part);
      else if (part.arguments !== '') draft.pieces = [part.arguments];
    }
  }

  /** Returns all calls in the order of their first pieces. */
  finish(): ReplyCall[] {
    const calls = this.#drafts.flatMap(completeCall);
    const usedIds = new Set<string>();
    return calls.map((call) => {
      const isRepeated = usedIds.has(call.id);
      usedIds.add(call.id);
      return isRepeated ? { ...call, id: '' } : call;
    });
  }

  #addDraft({ index, id, name, arguments: piece }: CallPart): void {
    this.#drafts.push({ index, id, name, pieces: piece === '' ? [] : [piece] });
  }

  /** Finds the call that a piece continues; undefined if the piece starts a new call. */
  #findContinued(part: CallPart): DraftCall | undefined {
    const { index, id } = part;
    const draft =
      index === undefined
        ? (this.#drafts.find((known) => id !== '' && known.id === id) ?? this.#drafts.at(-1))
        : this.#drafts.findLast((known) => known.index === index);
    return draft === undefined || startsCall(part, draft) ? undefined : draft;
  }
}

/** Returns whether a piece starts a call, although `draft` is the call that the number or the order of the piece names. */
function startsCall(part: CallPart, draft: DraftCall): boolean {
  const { index, id, name } = part;
  const draftArguments = draft.pieces.join('');
  const isComplete = parseJson(draftArguments) !== undefined;
  const isOtherName = name !== '' && name !== draft.name;
  const hasNewId = id !== '' && draft.id !== '' && id !== draft.id;
  if (hasNewId || (index === undefined && draft.id !== id && (id !== '' || name !== ''))) {
    // The id may change within a call. The arguments then show whether the call has ended.
    return isComplete || isOtherName || (draftArguments === '' && name !== '');
  }
  return isComplete && name !== '' && part.arguments !== '' && part.arguments !== draftArguments;
}

/** Joins the name so far with the name of a further piece: the same name, a longer name, or the rest of the name. */
function joinNames(draft: DraftCall, name: string): string {
  if (name === '' || draft.name === name) return draft.name;
  if (draft.name === '' || name.startsWith(draft.name)) return name;
  return draft.pieces.length === 0 ? draft.name + name : draft.name;
}

function isSameCall(draft: DraftCall, part: CallPart): boolean {
  if (draft.id !== '' && part.id !== '') return draft.id === part.id;
  return draft.name === part.name && part.arguments.startsWith(draft.pieces.join(''));
}

/** Completes a call. Arguments that consist of several objects are several calls of the same tool. */
function completeCall({ id, name, pieces }: DraftCall): ReplyCall[] {
  if (name === '' && pieces.length === 0) return [];
  // Some endpoints begin a call with empty arguments, before the pieces of the real arguments.
  const objects = readArguments(pieces[0] === '{}' && pieces.length > 1 ? pieces.slice(1) : pieces);
  return objects.map((text, index) => ({ id: index === 0 ? id : '', name, arguments: text }));
}

function readArguments(pieces: readonly string[]): string[] {
  const joined = pieces.join('').trim();
  const whole = readObject(joined);
  if (whole !== undefined) return [whole];
  const last = pieces.at(-1) ?? '';
  const isAccumulated =
    pieces.length > 1 &&
    pieces.every((piece) => last.startsWith(piece)) &&
    readObject(last) !== undefined;
  if (isAccumulated) return [last.trim()];
  const splitter = new JsonSplitter();
  const objects = splitter.write(joined);
  const isList =
    objects.length > 1 &&
    splitter.unfinished === '' &&
    objects.join('') === joined.replace(/\}\s+\{/g, '}{');
  return isList ? [...new Set(objects)] : [joined];
}

/** Returns the JSON text of an object; undefined if the text is neither an object nor nothing. */
function readObject(text: string): string | undefined {
  if (text === '') return '{}';
  const value = parseJson(text);
  if (value === null || value === '') return '{}';
  // Some endpoints encode the arguments twice.
  if (typeof value === 'string') return isJsonObject(parseJson(value)) ? value : undefined;
  return isJsonObject(value) ? text : undefined;
}
