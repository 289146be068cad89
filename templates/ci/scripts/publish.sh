#!/usr/bin/env bash
# Publishes what officers signed. While signatures are missing it says whose, and ends well: the next response starts it again.
# usage: publish.sh [FOLDER…], each with one request and its responses; without one, those below releases/ that changed since $BEFORE
. "$(dirname "$0")/common.sh"
online_key
if [ $# -eq 0 ]; then
  # The first push of a branch has no commit before it.
  git cat-file -e "${BEFORE:-none}" 2>/dev/null || BEFORE=HEAD~1
  mapfile -t folders < <(git diff --name-only --diff-filter=d "$BEFORE" HEAD -- releases | cut -d/ -f1,2 | sort -u)
  set -- ${folders[@]+"${folders[@]}"}
fi
for folder in "$@"; do
  responses=("$folder"/*.response)
  [ -e "${responses[0]}" ] || { echo "$folder: nobody has signed yet"; continue; }
  code=0
  ota publish "$folder"/*.request "${responses[@]}" ${store[@]+"${store[@]}"} "${sign[@]}" || code=$?
  case $code in
    0) ;;
    5) echo "$folder: waiting for the signatures above" ;;
    *) exit "$code" ;;
  esac
done
