#!/bin/sh
# A reviewer that approves; of tasks named …-fussy only what took two turns.
cat >/dev/null
case "$OOMPA_TASK-" in
*-fussy-*) if [ "$(ls "work/$OOMPA_TASK" | wc -l)" -lt 2 ]; then
  echo "There is one file only."
  echo "VERDICT: NEEDS_CHANGES"
  exit 0
fi ;;
esac
echo "It is what was asked for."
echo "VERDICT: APPROVED"
