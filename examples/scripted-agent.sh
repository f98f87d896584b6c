#!/bin/sh
# A scripted agent: it plays all six roles of the default pipeline from a fixed script. It thinks nothing and calls no
# model; it shows the interface that a real agent works through: the working directory is the worktree, the prompt is in
# $SIGNALBOX_PROMPT_FILE, and what counts in the end are the files that it leaves and its exit code.
set -eu

docs="docs/work-items/$SIGNALBOX_WORK_ITEM"
mkdir -p "$docs"

say() { echo "[$SIGNALBOX_STAGE $SIGNALBOX_ATTEMPT] $*"; }

document() { # document FILE TITLE TEXT
  mkdir -p "$(dirname "$docs/$1")"
  printf '# %s\n\n%s\n' "$2" "$3" > "$docs/$1"
  say "wrote $1"
}

# verdict FILE KEY WORD TEXT
verdict() {
  printf -- '---\n%s: %s\n---\n\n%s\n' "$2" "$3" "$4" > "$docs/$1"
  say "wrote $1: $3"
}

say "reading the prompt ($(wc -l < "$SIGNALBOX_PROMPT_FILE") lines)"
# Seconds to think for, where somebody wants to watch.
sleep "${DEMO_PAUSE:-0}"

case $SIGNALBOX_STAGE in
  analysis)
    document 02-business-requirements.md 'Business requirements' 'A customer pays for every item of an order.'
    document 03-technical-specification.md 'Technical specification' 'total.sh multiplies the price by the quantity.'
    document 04-acceptance-criteria.md 'Acceptance criteria' 'Two items at 3 cost 6. No item costs nothing.'
    document 05-test-plan.md 'Test plan' 'test.sh covers one, two and no items.'
    ;;
  architecture)
    document 06-adr/001-multiply-in-the-shell.md 'Multiply in the shell' 'Shell arithmetic is exact for whole prices.'
    ;;
  development)
    if [ "$SIGNALBOX_ATTEMPT" -eq 1 ]; then
      say 'fixing the total'
      printf '# Prints the total of an order: total.sh PRICE QUANTITY\necho "$(($1 * $2))"\n' > total.sh
    else
      say 'adding the test that the reviewer asked for'
      sed '/^exit/i expect "no items" "$(sh total.sh 3 0)" 0' test.sh > test.sh.new
      mv test.sh.new test.sh
    fi
    sh test.sh
    ;;
  review)
    if grep -q 'no items' test.sh; then
      verdict 12-review.md verdict APPROVED 'The fix is right and every acceptance criterion has a test.'
    else
      verdict 12-review.md verdict REQUEST_CHANGES 'The fix is right. The criterion "no item costs nothing" has no test.'
    fi
    ;;
  testing)
    sh test.sh
    verdict 13-test-report.md verdict PASSED 'All tests of the plan pass.'
    ;;
  deploy)
    sh test.sh
    verdict 14-deploy.md deploy_status SUCCESS 'The shop runs with the fix.'
    ;;
  *)
    say "no script for the stage $SIGNALBOX_STAGE"
    exit 1
    ;;
esac
