#!/bin/sh
# An agent that costs nothing. What it does stands in the name of its task:
#   …-two     says nothing after its first turn           …-commits  commits by itself
#   …-shared  adds a line to a file that others change     …-red      breaks the checks in its first turn
#   …-ask     asks its owner                               …-fail     gives up
#   …-server  leaves a process behind                      …-slow     takes its time
#   …-held    changes a file that the user has changed too
# Each turn adds a file of its own, whose content is nowhere else, and then says so in the side log ($1).
set -e
cat >/dev/null
task=$OOMPA_TASK
mkdir -p "work/$task"
before=$(ls "work/$task" | wc -l)
mark="$task.$$.$(date +%s%N)"
has() { case "$task-" in *-$1-*) ;; *) return 1 ;; esac; }

if has slow; then sleep 0.3; fi
if has server; then setsid sleep 600 >/dev/null 2>&1 & fi
if has shared; then
  sed -i '/^<<<<<<< /d;/^=======$/d;/^>>>>>>> /d' shared.txt
  grep -qx "$task" shared.txt || echo "$task" >>shared.txt
fi
if has held; then echo "$task" >>user.txt; fi
if has red; then
  mkdir -p red
  if [ -e "red/$task" ]; then echo mended >"red/$task"; else echo broken >"red/$task"; fi
fi
printf '%s' "$mark" >"work/$task/$mark"
echo "left $task work/$task/$mark $mark" >>"$1/agents.log"
if has commits; then
  git add -A
  git commit -q -m "$task: my own commit"
  echo "commit $task $(git rev-parse HEAD)" >>"$1/agents.log"
fi
if has two && [ "$before" -eq 0 ]; then
  echo "There is more to do."
elif has ask; then
  echo "NEEDS_INPUT: which of the two?"
elif has fail; then
  echo "NEEDS_FOLLOWUP: it is too hard"
else
  echo "COMPLETE_AND_READY_FOR_MERGE"
fi
