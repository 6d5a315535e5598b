/** Calls `close` on SIGINT or SIGTERM and then exits; a second signal exits without waiting for `close`. */
export function stopOnSignal(close: () => Promise<void>): void {
  let isStopping = false;
  const stop = (signal: string) => {
    if (isStopping) process.exit(130);
    isStopping = true;
    close()
      .then(() => process.exit(signal === 'SIGINT' ? 130 : 0))
      .catch((error: unknown) => {
        console.error(error);
        process.exit(1);
      });
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
}
