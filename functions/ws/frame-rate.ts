// Limits the frames of each WebSocket connection before any of them reaches the store. The counts are in memory: every instance of a
// function counts the frames that it handles.

const WINDOW_MS = 1_000;
/** Maximum number of frames of a connection in one window. */
export const MAX_FRAMES_PER_SECOND = 20;
/** Number of connections above which counts of earlier windows are deleted. */
const MAX_COUNTS = 1_000;

const counts = new Map<string, { readonly window: number; readonly frames: number }>();

/** Counts a frame; returns false if the connection has sent too many frames in this second. `now` in epoch milliseconds. */
export function isFrameAllowed(connection: string, now: number): boolean {
  const window = Math.floor(now / WINDOW_MS);
  const count = counts.get(connection);
  const frames = count?.window === window ? count.frames + 1 : 1;
  if (count === undefined && counts.size >= MAX_COUNTS) deleteOldCounts(window);
  counts.set(connection, { window, frames });
  return frames <= MAX_FRAMES_PER_SECOND;
}

function deleteOldCounts(window: number): void {
  for (const [connection, count] of counts) if (count.window !== window) counts.delete(connection);
}
