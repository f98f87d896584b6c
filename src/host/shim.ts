/** The exit code of a shim that has not run its program: it could not claim the directory, or another has. */
export const notBegun = 125;

/**
 * The little shell program between Signalbox and a process that has to outlive it. It is started as the leader of a new
 * session with its output going straight to a file, so nothing of it depends on the orchestrator. It
 *   1. claims the run directory by linking `process.json` into place, which succeeds for one shim only: whoever is
 *      started twice for the same run (a crash between start and record) runs it once;
 *   2. runs the program, living through the signals that are meant for it;
 *   3. leaves `exit.json`, written by the shell itself: a program started for it could be swept away as a leftover. It ends with the
 *      code of the program, for whoever has started it and finds no record: the directory may be gone, or the disk full.
 * Arguments: the run directory, the id of this boot, what is on standard input, then the program and its arguments. Nothing is ever pasted into the
 * text. The start time is left as the kernel writes it (`stat`, see proc(5)): taking it apart in shell costs a millisecond.
 */
export const shim = `
dir=$1
boot=$2
input=$3
shift 3
stat=
if [ -r "/proc/$$/stat" ]; then read -r stat < "/proc/$$/stat"; fi
printf '{"pid":%s,"bootId":"%s","stat":"%s"}\\n' "$$" "$boot" "$stat" > "$dir/process.$$" || exit ${notBegun}
if ! ln "$dir/process.$$" "$dir/process.json" 2>/dev/null; then
  rm -f "$dir/process.$$"
  exit ${notBegun}
fi
trap : HUP INT QUIT TERM
"$@" < "$input"
code=$?
printf '{"code":%s}\\n' "$code" > "$dir/exit.json"
rm -f "$dir/process.$$"
exit "$code"
`;
