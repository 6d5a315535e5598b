import { CallAssembler } from './assemble-calls.ts';
import type { BodyEvent } from './body-reader.ts';
import { BodyReader } from './body-reader.ts';
import type {
  ChatReply,
  FinishReason,
  ReplyPart,
  ReplyUsage,
  ReportedFault,
} from './chat-reply.ts';
import { readFault } from './read-fault.ts';
import { readPart } from './read-part.ts';

/** New content of a piece, for display while the reply arrives. */
export type NewContent = { readonly text: string; readonly thoughts: string };

const NO_CONTENT: NewContent = { text: '', thoughts: '' };

/** Builds a reply from a body that arrives in pieces. Accepts every shape; `judgeReply` decides what the reply is worth. */
export class ReplyBuilder {
  readonly #body = new BodyReader();
  readonly #calls = new CallAssembler();
  #text = '';
  #thoughts = '';
  #refusal = '';
  #finish: FinishReason | undefined;
  #isEnded = false;
  #isKnown = false;
  #unreadable = '';
  #usage: ReplyUsage = { inputTokens: undefined, outputTokens: undefined };
  #fault: ReportedFault | undefined;

  /** Reads the next piece of the body. Returns the new content. */
  write(piece: string): NewContent[] {
    return this.#body.write(piece).map((event) => this.#addEvent(event));
  }

  /** Reads the end of the body. Must be called once, before `build`. */
  finish(): NewContent[] {
    return this.#body.finish().map((event) => this.#addEvent(event));
  }

  /** Returns the reply. */
  build(): ChatReply {
    return {
      text: this.#text,
      thoughts: this.#thoughts,
      refusal: this.#refusal,
      calls: this.#calls.finish(),
      finish: this.#finish,
      isEnded: this.#isEnded,
      usage: this.#usage,
      fault: this.#fault,
      isKnown: this.#isKnown,
      unreadable: this.#unreadable,
    };
  }

  #addEvent(event: BodyEvent): NewContent {
    switch (event.kind) {
      case 'value':
        return this.#addPart(readPart(event.value));
      case 'error':
        this.#isKnown = true;
        this.#fault ??= readFault(event.value);
        return NO_CONTENT;
      case 'end':
        this.#isEnded = true;
        this.#isKnown = true;
        return NO_CONTENT;
      case 'unreadable':
        if (this.#unreadable === '') this.#unreadable = event.text;
        return NO_CONTENT;
      default:
        return event satisfies never;
    }
  }

  #addPart(part: ReplyPart): NewContent {
    const { finish, fault, usage } = part;
    this.#isKnown ||= part.isKnown;
    this.#isEnded ||= part.isEnd;
    this.#finish = finish ?? this.#finish;
    this.#fault ??= fault;
    if (usage !== undefined) {
      const { inputTokens, outputTokens } = usage;
      this.#usage = {
        inputTokens: inputTokens ?? this.#usage.inputTokens,
        outputTokens: outputTokens ?? this.#usage.outputTokens,
      };
    }
    return part.isWhole ? this.#addWholeMessage(part) : this.#addPiece(part);
  }

  #addPiece({ text, thoughts, refusal, calls }: ReplyPart): NewContent {
    this.#text += text;
    this.#thoughts += thoughts;
    this.#refusal += refusal;
    for (const call of calls) this.#calls.addPiece(call);
    return { text, thoughts };
  }

  /** Adds a message that repeats the earlier pieces, if there are any. */
  #addWholeMessage({ text, thoughts, refusal, calls }: ReplyPart): NewContent {
    const newText = text.startsWith(this.#text) ? text.slice(this.#text.length) : '';
    const newThoughts = this.#thoughts === '' ? thoughts : '';
    if (text !== '') this.#text = text;
    if (newThoughts !== '') this.#thoughts = newThoughts;
    if (refusal !== '') this.#refusal = refusal;
    this.#calls.addWholeCalls(calls);
    return { text: newText, thoughts: newThoughts };
  }
}

/** Reads a whole body. */
export function readReply(body: string): ChatReply {
  const builder = new ReplyBuilder();
  builder.write(body);
  builder.finish();
  return builder.build();
}
