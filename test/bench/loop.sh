#!/usr/bin/env bash
# The plainest loop: a worktree for each task, merged in the checkout of main. Prints when it began, and when each task was
# done, in microseconds. Usage: loop.sh <workers> <agent script> <task>...   (in the repository's main checkout)
set -u
workers=$1 agent=$2
shift 2
tasks=("$@")
git='git -c advice.detachedHead=false'

# Two merges at once in one checkout fail, and so do two `git worktree add`: the least that several loops need.
shared() {
  if [ "$workers" = 1 ]; then "$@"; else (flock 9 && "$@") 9>.git/loop.lock; fi
}

merge() { $git checkout -q main && $git merge -q --no-edit "loop/$1"; }

work() {
  local task folder
  for ((n = $1; n < ${#tasks[@]}; n += workers)); do
    task=${tasks[n]} folder=$PWD/.worktrees/${tasks[n]}
    shared $git worktree add -q -b "loop/$task" "$folder" main &&
      (cd "$folder" && OOMPA_TASK=$task /bin/sh "$agent" >/dev/null) &&
      $git -C "$folder" add -A && $git -C "$folder" commit -q -m "$task" &&
      shared merge "$task" &&
      shared $git worktree remove "$folder" &&
      echo "${EPOCHREALTIME/./}"
  done
}

echo "${EPOCHREALTIME/./}"
for ((worker = 0; worker < workers; worker++)); do work "$worker" & done
wait
