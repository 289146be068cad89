# Sourced by the other scripts. They are run in the folder of ota.yaml, and need nothing but a shell, Node and ota.
#
#   OTA_STORE        the store, where it is not that of ota.yaml
#   OTA_ENDPOINT     address of an S3-compatible server that is not Amazon's
#   OTA_PASSPHRASE   of the online key: a secret of the CI
#   OTA_ONLINE_KEY   keys/online.key.age in base64, where it is not in the folder: a secret of the CI
#   AWS_ROLE_ARN     role that this job takes by OIDC; without it the usual AWS sources count
set -euo pipefail
PATH="$PWD/node_modules/.bin:$PATH"

# Removed however the script ends. What is in it is readable by this user alone.
private=$(umask 077 && mktemp -d)
trap 'rm -rf "$private"' EXIT

store=()
[ -z "${OTA_STORE:-}" ] || store+=(--store "$OTA_STORE")
[ -z "${OTA_ENDPOINT:-}" ] || store+=(--endpoint "$OTA_ENDPOINT")

# A token of the CI's own in the place of long-lived keys: the AWS SDK exchanges it for credentials of an hour.
take_role() {
  [ -n "${AWS_ROLE_ARN:-}" ] || return 0
  (umask 077 && : > "$private/token")
  if [ -n "${OTA_ID_TOKEN:-}" ]; then
    printf '%s' "$OTA_ID_TOKEN" > "$private/token"
  elif [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
    node --input-type=module -e '
      const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
      const answer = await fetch(`${url}&audience=sts.amazonaws.com`, { headers: { authorization: `bearer ${token}` } });
      if (!answer.ok) throw new Error(`no token for this job: ${answer.status}`);
      process.stdout.write((await answer.json()).value);
    ' > "$private/token"
  else
    return 0
  fi
  export AWS_WEB_IDENTITY_TOKEN_FILE="$private/token"
}

# Sets `sign`: the flags that sign with the online key.
online_key() {
  sign=(--passphrase-env OTA_PASSPHRASE)
  [ -n "${OTA_ONLINE_KEY:-}" ] || return 0
  printf '%s' "$OTA_ONLINE_KEY" | (umask 077 && base64 -d > "$private/online.key.age")
  cp keys/online.pub "$private/online.pub"
  sign+=(--key "$private/online.key.age" --log "$private/log.jsonl")
}

take_role
