#!/bin/sh
# A git that has bad luck once: the UNLUCKY_OCCURRENCEth command whose arguments fit UNLUCKY_PATTERN. Modes:
#   kill-MS     the real git is killed after so many milliseconds
#   linger      the real git begins a second later, whatever has become of its caller by then
#   lock-FILE   FILE in the .git of where it works is there before it begins, and stays
#   hold-FILE   the same, but FILE goes again half a second later
PATH=$REAL_PATH
export PATH
case "$*" in
$UNLUCKY_PATTERN) ;;
*) exec git "$@" ;;
esac
if [ -z "$UNLUCKY_MODE" ]; then exec git "$@"; fi
number=1
mkdir -p "$UNLUCKY_NOTES"
while ! mkdir "$UNLUCKY_NOTES/$number" 2>/dev/null; do number=$((number + 1)); done
if [ "$number" -ne "$UNLUCKY_OCCURRENCE" ]; then exec git "$@"; fi
echo "$UNLUCKY_MODE git $*" >"$UNLUCKY_NOTES/struck"
case "$UNLUCKY_MODE" in
kill-*)
  exec 3<&0
  git "$@" <&3 &
  child=$!
  sleep "$(printf '0.%03d' "${UNLUCKY_MODE#kill-}")"
  kill -KILL "$child" 2>/dev/null
  wait "$child"
  exit
  ;;
linger)
  sleep 1
  exec git "$@"
  ;;
lock-* | hold-*)
  lock=$(git rev-parse --path-format=absolute --git-path "${UNLUCKY_MODE#*-}")
  mkdir -p "$(dirname "$lock")"
  : >"$lock"
  case "$UNLUCKY_MODE" in
  hold-*) (sleep 0.5 && rm -f "$lock") </dev/null >/dev/null 2>&1 & ;;
  *) echo "$lock" >>"$(dirname "$UNLUCKY_NOTES")/locks" ;;
  esac
  exec git "$@"
  ;;
esac
