/** The process: runs the command line and sets the exit code. */
import { runProgram } from './cli/program.ts';

process.exitCode = await runProgram(process.argv.slice(2));
