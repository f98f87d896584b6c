/** The process: runs the command line and sets the exit code. */
import { readFileSync } from 'node:fs';

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

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  const file = new URL('../package.json', import.meta.url);
  process.stdout.write(`${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}\n`);
} else {
  const { runProgram } = await import('./cli/program.ts');
  process.exitCode = await runProgram(args);
}
