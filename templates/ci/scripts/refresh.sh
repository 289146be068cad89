#!/usr/bin/env bash
# Each night: renews what keeps the repository fresh, and fails in time when a role is due that people sign.
. "$(dirname "$0")/common.sh"
online_key
ota refresh ${store[@]+"${store[@]}"} "${sign[@]}"
ota status ${store[@]+"${store[@]}"} --fail-within "${OTA_FAIL_WITHIN:-30d}"
