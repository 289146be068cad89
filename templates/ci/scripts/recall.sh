#!/usr/bin/env bash
# Takes a release back, by hand. What is wanted comes in variables, so that nothing a person types is taken for a command.
#   OTA_RECALL   version that is recalled      OTA_REASON   what is wrong with it
#   OTA_TO       version that devices go on to; empty: they stay at what they have
. "$(dirname "$0")/common.sh"
online_key
what=(--stay)
[ -z "${OTA_TO:-}" ] || what=("--to=$OTA_TO")
ota recall ${store[@]+"${store[@]}"} "${sign[@]}" "${what[@]}" --reason="${OTA_REASON:?why is it recalled?}" -- "${OTA_RECALL:?which release?}"
