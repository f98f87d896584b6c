#!/bin/sh
# Plays the agents of a task of a tracker: the analyst is done at once, and whoever comes next says in JOURNAL when he was
# there, in milliseconds of the wall clock, and waits until he is ended.
#   tracker-agent.sh JOURNAL
if [ "$SIGNALBOX_STAGE" != analysis ]; then
  date +%s%3N > "$1/$SIGNALBOX_WORK_ITEM.new"
  mv "$1/$SIGNALBOX_WORK_ITEM.new" "$1/$SIGNALBOX_WORK_ITEM"
  exec sleep 600
fi
docs=docs/work-items/$SIGNALBOX_WORK_ITEM
mkdir -p "$docs"
for file in 02-business-requirements 03-technical-specification 04-acceptance-criteria 05-test-plan; do
  echo "Something about $file." > "$docs/$file.md"
done
