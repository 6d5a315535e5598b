import { STREAMED_CALLS, WHOLE_CALLS } from './call-replies.ts';
import type { CorpusReply } from './corpus-reply.ts';
import { EMPTY_REPLIES, FAULTS } from './fault-replies.ts';
import { STREAMED_TEXTS, WHOLE_TEXTS } from './text-replies.ts';
import { WRITTEN_CALLS } from './written-calls.ts';

/** All replies of the corpus. */
export const ALL_REPLIES: readonly CorpusReply[] = [
  ...STREAMED_TEXTS,
  ...WHOLE_TEXTS,
  ...STREAMED_CALLS,
  ...WHOLE_CALLS,
  ...WRITTEN_CALLS,
  ...EMPTY_REPLIES,
  ...FAULTS,
];

/** Tools that the requests of the corpus offer. */
export const OFFERED_TOOLS = [
  {
    name: 'write_file',
    parameters: { properties: { path: { type: 'string' }, content: { type: 'string' } } },
  },
  { name: 'list_files', parameters: {} },
];
