#!/bin/bash
# Plays Claude Code for the measurements. Says that it has begun, then
#   silent     waits, with no process of its own beside it;
#   counting   says a number every 50 ms, until the file STOP is there, and then that it has finished.
[ "$2" = --version ] && echo '2.1.329 (Claude Code)' && exit
echo '{"type":"system","subtype":"init","session_id":"bench","model":"claude-opus-5-5","tools":[]}'
[ "$1" = silent ] && exec sleep 600
# Reading from a pipe that says nothing is a pause without a process.
exec 3<> <(:)
for ((number = 1; ; number++)); do
  read -rt 0.05 -u 3
  echo '{"type":"assistant","message":{"id":"msg_'$number'","model":"claude-opus-5-5","content":[{"type":"text","text":"'$number'"}]},"parent_tool_use_id":null,"at":'${EPOCHREALTIME/[.,]/}'}'
  [ -e "$STOP" ] && break
done
echo '{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"'$number'","session_id":"bench"}'
