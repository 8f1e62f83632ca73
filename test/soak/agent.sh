#!/bin/sh
# Stands in for an agent CLI: `agent.sh <name> <arguments of that CLI>`. It prints what the CLI of that name prints, and ends as
# it ends, as OOMPA_SOAK says:
#   plan/<task>/<role>           the fate of each call, a line each; after the last line all is well
#   plan/<task>/dooms            `<fate> <agent>`: an agent that can do nothing else any more
#   plays/<name>/<role>/<fate>/  what it prints (out, err) and how it ends (ends); with `works`, it adds a file first
#   plays/<name>/<role>/to-meet  the failures that it can show, and somebody has to
#   plays/<name>/<role>/instead  the fates that it can have in place of one that is not its own
#   met/<fate>                   written: somebody has shown that failure
#   calls/<task>                 written: one line for each call
set -u
name=$1
shift
model= session= memory=fresh
while [ $# -gt 0 ]; do
  case $1 in
  -m | --model) model=$2 && shift ;;
  --session-id) session=$2 && shift ;;
  -s | --resume) session=$2 memory=resumed && shift ;;
  -c | -o | --format | --dir | --attach | --log-level | --output-format) shift ;;
  -* | run | exec | resume) ;;
  *) session=$1 memory=resumed ;; # codex takes the thread that it resumes without an option
  esac
  shift
done
cat >/dev/null

task=$OOMPA_TASK
case $model in *judge*) role=reviewer ;; *) role=worker ;; esac
calls=$OOMPA_SOAK/calls/$task
touch "$calls"
number=$(($(grep -c "	$role	" "$calls") + 1))
fate=$(sed -n "s|^\([a-z-]*\) $name $model\$|\1|p" "$OOMPA_SOAK/plan/$task/dooms" 2>/dev/null)
if [ "$fate" = auth ] && [ -e "$OOMPA_SOAK/renewed" ]; then fate=; fi
if [ "$fate" = auth ]; then touch "$OOMPA_SOAK/refused"; fi
# Others are to be in its line when it fails.
if [ -n "$fate" ]; then sleep 1; fi
[ -n "$fate" ] || fate=$(sed -n "${number}p" "$OOMPA_SOAK/plan/$task/$role" 2>/dev/null)
[ -n "$fate" ] || fate=well
# Not every CLI can show everything: then it shows the next of those that it can.
if ! [ -d "$OOMPA_SOAK/plays/$name/$role/$fate" ]; then
  echo >>"$OOMPA_SOAK/instead.$name.$role"
  all=$OOMPA_SOAK/plays/$name/$role/instead
  nth=$(($(wc -l <"$OOMPA_SOAK/instead.$name.$role") % $(grep -c . "$all") + 1))
  fate=$(sed -n "${nth}p" "$all")
fi
# Which CLI is asked when something is to fail is chance: what nobody has shown yet comes first.
if grep -qx "$fate" "$OOMPA_SOAK/plays/$name/$role/to-meet"; then
  for other in $(cat "$OOMPA_SOAK/plays/$name/$role/to-meet"); do
    if mkdir "$OOMPA_SOAK/met/$other" 2>/dev/null; then
      fate=$other
      break
    fi
  done
fi
play=$OOMPA_SOAK/plays/$name/$role/$fate
asked=${session:--}
[ -n "$session" ] || session=$name-$task-$$
printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
  "$(date +%s%3N)" "$OOMPA_RUN" "$OOMPA_WORKER" "$role" "$name $model" "$memory" "$asked" "$session" "$fate" >>"$calls"

if [ -e "$play/works" ]; then
  mark=$task.$$.$(date +%s%N)
  mkdir -p "work/$task"
  printf '%s' "$mark" >"work/$task/$mark"
  echo "left $task work/$task/$mark $mark" >>"$OOMPA_SOAK/agents.log"
fi
say() { sed "s/SESSION/$session/g" "$play/$1"; }

if [ -e "$play/waits" ]; then
  touch "$OOMPA_SOAK/$task.waits"
  until [ -e "$OOMPA_SOAK/$task.goes" ]; do
    say busy
    sleep 0.2
  done
fi
say out
say err >&2
ends=$(cat "$play/ends")
case $ends in
exit-*) exit "${ends#exit-}" ;;
segv)
  ulimit -c 0
  kill -s SEGV $$
  ;;
hang) exec sleep 600 ;;
stubborn)
  trap '' TERM
  exec sleep 600
  ;;
talk) while :; do
  say busy
  sleep 1
done ;;
flood)
  yes 'one line of very many' | head -c 3000000
  exec sleep 600
  ;;
child) setsid sleep 600 </dev/null >/dev/null 2>&1 & ;;
holds-output) setsid sleep 600 & ;;
vanishes) rm "$OOMPA_SOAK/../bin/$name" ;;
locks) chmod 644 "$OOMPA_SOAK/../bin/$name" ;;
esac
exit 0
