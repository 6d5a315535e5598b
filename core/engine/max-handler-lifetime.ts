/**
 * So long a handler may stand still and still go on with what it read before, milliseconds: what is told at the time it was
 * read may arrive so much later.
 */
export const MAX_HANDLER_LIFETIME_MS = 300_000;
