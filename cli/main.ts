import { createProcessHost } from './host.ts';
import { runCli } from './run-cli.ts';

// A reader that closes the pipe early (`smol-gang plan list | head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runCli(process.argv.slice(2), createProcessHost());
