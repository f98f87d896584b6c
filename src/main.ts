/** The process: runs the command line and sets the exit code. */
import { runProgram } from './cli/program.ts';

/** Whoever read our output has gone (`signalbox task list | head`): there is nobody left to talk to. */
process.stdout.once('error', error => {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  process.stdout.on('error', () => {});
  // Where work is under way it is stopped as by Ctrl-C.
  if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
  else process.exit(0);
});

try {
  process.cwd();
} catch {
  process.stderr.write('error: The current directory does not exist any more; change to another one.\n');
  process.exit(2);
}

process.exitCode = await runProgram(process.argv.slice(2));
