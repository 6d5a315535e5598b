/**
 * Sends a signal to a process, or to a process group if `pid` is negative. Returns false if no such process runs any more, or if
 * this process may not signal it.
 */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
