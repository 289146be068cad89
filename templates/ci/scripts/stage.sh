#!/usr/bin/env bash
# Bundles what the build made, uploads payloads and deltas where no device sees them, and writes the request that officers sign.
# usage: stage.sh FOLDER, where the request goes
. "$(dirname "$0")/common.sh"
folder=${1:?where is the request to go?}
mkdir -p "$folder"
bundle="$private/release.ota"
ota bundle -o "$bundle"
# Of the online key the public half is enough here: what it signs is left to the publish job, and not asked of officers.
ota publish "$bundle" --stage --key keys/online.key.age ${store[@]+"${store[@]}"} -o "$folder/release.request"
ota request show "$folder/release.request"
