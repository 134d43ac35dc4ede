import { printError, runCommandLine } from './command-line.js';

// A reader that has seen enough (`| head`) is no failure, unless a command has more to do than print; a full disk is.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') {
    if (process.emit('SIGPIPE')) return;
    process.exit(0);
  }
  printError(`standard output cannot be written: ${error.message}`);
  process.exit(1);
});
// No one reads the remarks then. The work goes on, and the exit code says how it ended.
process.stderr.on('error', () => undefined);

await runCommandLine(process.argv.slice(2));
