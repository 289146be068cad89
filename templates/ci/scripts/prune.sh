#!/usr/bin/env bash
# Deletes what nothing leads to any more. It holds no key.
# usage: prune.sh [--dry-run]
. "$(dirname "$0")/common.sh"
ota prune ${store[@]+"${store[@]}"} "$@"
