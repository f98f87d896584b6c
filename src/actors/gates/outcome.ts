/**
 * What the end of a test command says: whether tests ran, and whether it could be run at all. By exit codes where a runner has
 * some of its own, and by the words with which runners say that nothing ran. What they say of tests that did run decides nothing.
 */
import { stripVTControlCharacters } from 'node:util';

/** Why it is no verdict on the code; null where its exit code is one. */
export type NoVerdict = string | null;

/** Whether that is because something is missing that the code asks for: it may be the code that should not ask. */
export const isForMissing = (why: string): boolean => /^could not be run: .* is (?:not installed|not there)$/.test(why);

/** Whether no other code would have been judged either. A script that the package does not have yet is another matter. */
export const isOfMachine = (why: string): boolean =>
  /^could not be run/.test(why) && !/ the package has no script | no package has a script /.test(why);

/** How a shell says that a program is not there, ours that starts all commands included. */
const notFound =
  /(?:^|\s)(?:\/bin\/)?(?:(?:ba|da)?sh|signalbox-shim):(?: (?:line )?\d+:)? ([\w./+-]+): (?:command )?not found/m;

/** What a shell answers for a program that is not there or may not be run. */
const cannotRun = [126, 127];

export function whyNoVerdict(argv: readonly string[], code: number, printed: string): NoVerdict {
  // Colours stand between words: many runners use them wherever `CI` is set.
  const output = stripVTControlCharacters(printed);
  if (cannotRun.includes(code)) return `could not be run (exit code ${code})${missingProgram(output)}`;
  const own = runnerOf(argv, output)?.(code, output) ?? null;
  if (own !== null) return own;
  if (code === 0 && !ranNothing(output)) return null;
  // What could not be built has no tests either.
  return missingIn(output) ?? (ranNothing(output) ? 'ran no tests' : null);
}

function missingProgram(output: string): string {
  const [, name] = notFound.exec(output) ?? [];
  return name === undefined ? '' : `: ${name} is not installed`;
}

type Runner = (code: number, output: string) => NoVerdict;

/** Its own exit codes; see https://docs.pytest.org/en/stable/reference/exit-codes.html. */
const pytest: Runner = (code, output) => {
  if (/No module named '?pytest/.test(output)) return 'could not be run: pytest is not installed';
  if (code === 5) return 'ran no tests: nothing was collected (exit code 5 of pytest)';
  // Code that cannot be read is the fault of whoever wrote it; a module that is not installed is not.
  if (/\d errors? during collection\b|while loading conftest/.test(output)) {
    return /\b(?:SyntaxError|IndentationError|NameError)\b/.test(output) ? null : missingIn(output);
  }
  if (code === 2) return missingIn(output) ?? 'was interrupted (exit code 2 of pytest)';
  if (code === 3 || code === 4) return missingIn(output) ?? `could not be run (exit code ${code} of pytest)`;
  return null;
};

const runners: readonly [RegExp, Runner][] = [
  [/(?:^|[\s/])(?:py\.?test|pytest)(?:\s|$)/, pytest],
  // A crate whose targets are all without tests is silent.
  [
    /(?:^|\/)cargo (?:\S+ )?test\b/,
    (code, output) => (code === 0 && !/^running \d+ tests?$/m.test(output) ? 'ran no tests' : null),
  ],
  [/(?:^|\/)dotnet test/, code => (code === 8 ? 'ran no tests (exit code 8 of dotnet test)' : null)],
];

function runnerOf(argv: readonly string[], output: string): Runner | undefined {
  const command = argv.join(' ');
  // A script of the repository may run it too.
  const isPytest = /^=+ test session starts =+$/m.test(output) || /No module named '?pytest/.test(output);
  return runners.find(([pattern]) => pattern.test(command))?.[1] ?? (isPytest ? pytest : undefined);
}

/** What ended a run stands near its end; what tests have printed far above speaks of other things. */
const lastCharacters = 16_000;

/** What is missing on this machine, so that the code was never judged; null where nothing says so. */
function missingIn(output: string): NoVerdict {
  const last = output.slice(-lastCharacters);
  const found = missing.map(([pattern, say]) => [pattern.exec(last), say] as const).find(([match]) => match !== null);
  return found === undefined ? null : `could not be run: ${found[1](found[0]![1] ?? '')}`;
}

const missing: readonly [RegExp, (name: string) => string][] = [
  [/No module named '?(pytest|tox|nox)/, name => `${name} is not installed`],
  [/ModuleNotFoundError: No module named '([\w.]+)'/, name => `the Python module ${name} is not installed`],
  [/Cannot find (?:module|package) '((?![./])[^']+)'/, name => `the package ${name} is not installed`],
  [/(?:npm (?:ERR!|error)|error) Missing script: "?([\w:.-]+)/i, name => `the package has no script ${name}`],
  [/None of the selected packages has a "([\w:.-]+)" script/, name => `no package has a script ${name}`],
  [notFound, name => `${name} is not installed`],
  [
    /^g?make(?:\[\d+\])?: ([^\s:*]+): (?:No such file or directory|Command not found)$/m,
    name => `${name} is not installed`,
  ],
  [/^bwrap: execvp ([^:\n]+): /m, name => `${name} is not installed`],
  [/exec: "([\w./+-]+)": executable file not found in/, name => `${name} is not installed`],
  [/error: linker `([^`]+)` not found/, name => `${name} is not installed`],
  [/error: no such command: `([\w-]+)`/, name => `cargo-${name} is not installed`],
  [/Exception running subprocess \[Errno 2\][^\n]*: '([^']+)'/, name => `${name} is not installed`],
  [
    /could not find python interpreter (?:matching any of the specs|with spec\(s\):) ([\w.-]+)/,
    name => `${name} is not installed`,
  ],
  [
    /Detected (\w+) (?:Version|JDK)[^\n]* is not in the allowed range ([^\s]+?)\.?$/m,
    name => `a fitting ${name} is not installed`,
  ],
  [/\brustc [\d.]+ is not supported by|requires rustc ([\d.]+) or newer/, () => 'a newer Rust is not installed'],
  [/requires go >= ([\d.]+) \(running/, version => `go ${version} is not installed`],
  [/ERR_PNPM_UNSUPPORTED_ENGINE|The engine "(?:node|npm)" is incompatible/, () => 'a fitting Node is not installed'],
  [/requires a different Python: [^\n]* not in '([^']+)'/, version => `Python ${version} is not installed`],
  [/: error: unrecognized arguments: ([^\n]+)/, names => `what knows ${names} is not installed`],
  [/\bPreset ((?![./<])\S+) not found/, name => `the package ${name} is not installed`],
  [/\bTest environment ((?![./<])\S+) cannot be found/, name => `the package ${name} is not installed`],
  [/\bModule ((?![./<])\S+) in the \w+ option was not found/, name => `the package ${name} is not installed`],
  [/\bJAVA_HOME (?:environment variable )?is not (?:defined|set)/, () => 'Java is not installed'],
  [
    /fatal error: '?([^\s':]+)'?(?:: No such file or directory| file not found)/,
    name => `the header ${name} is not there`,
  ],
  [/\bcannot find -l([^\s:]+)/, name => `the library ${name} is not there`],
  [/\bNo CMAKE_(\w+)_COMPILER could be found/, name => `the compiler of ${name} is not installed`],
  [
    /Could not find a (?:package configuration file provided\s+by|configuration file for package)\s+"([^"]+)"/,
    name => `the package ${name} of CMake is not installed`,
  ],
  [/\bCould NOT find (\w+) \(missing:/, name => `${name} is not installed`],
  [
    /error: (?:failed to (?:download|get|fetch)|no matching package named) `?([^`\n]*)/i,
    name => `cargo cannot get ${name}`,
  ],
  [/no required module provides package ([^\s;]+)/, name => `the Go module of ${name} is not there`],
  [/go: .*(?:dial tcp|proxyconnect tcp|lookup) ([^\s:]+)/, name => `Go cannot reach ${name}`],
  [/^\S+: (\S+@v\S+): Get "[^"]*": /m, name => `Go cannot get ${name}`],
  [/Could not transfer artifact (\S+) from/, name => `a dependency cannot be had: ${name}`],
  [
    /Could not (?:resolve|transfer) (?:dependencies|artifact|all files)([^\n]{0,80})/,
    name => `a dependency cannot be had:${name}`,
  ],
  [/Could not find a version that satisfies the requirement ([^\s(]+)/, name => `pip cannot get ${name}`],
  [/bundler: command not found: (\S+)/, name => `${name} is not installed`],
  [/Could not find (?:gem|proper version of) '?(\S+)/, name => `the gem ${name} is not installed`],
];

/** Words with which runners say that nothing ran. */
const nothing = [
  /^make(?:\[\d+\])?: (?:'[^']+' is up to date|Nothing to be done for '[^']+')\.$/m,
  /\bno tests? (?:ran|were found|found|files found|to run|executed|is available|specified|defined)\b/i,
  /\bNo (?:test files|test modules|tests?) found\b/i,
  /^no packages to test$/m,
  /\bNo tests were found!!!/,
  /\bNO-SOURCE\b/,
  /\bThere are no tests to run\b/,
  /\bRan 0 tests\b/,
  /^(?:# |ℹ )tests 0$/m,
  /^\s*0 passing\b/m,
  /\b0 (?:examples|runs|assertions), 0 (?:failures|assertions)\b/,
  /\brunning 0 tests\b/,
  /\[no test files\]/,
  /^\s*0 pass$/m,
];

/** Words with which they say that something did. */
const something = [
  /\b[1-9]\d* (?:tests? )?(?:passed|passing|failed|failing|pass|fail|examples|runs)\b/i,
  /\bTests:?\s+(?:run: )?[1-9]/,
  /\brunning [1-9]\d* tests?\b/,
  /^ok\s+\S+\s+[\d.(](?!.*\[no tests to run\])/m,
  /^(?:ok|not ok) \d+\b/m,
  /^(?:# |ℹ )tests [1-9]/m,
  /\bRan [1-9]\d* tests?\b/,
];

const ranNothing = (output: string): boolean =>
  nothing.some(words => words.test(output)) && !something.some(words => words.test(output));
