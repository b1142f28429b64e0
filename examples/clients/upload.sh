#!/bin/sh
# Uploads a picture in a signed request, with openssl (3.0 or newer) and curl: `sh upload.sh picture.png`.
set -eu
digest="sha-256=:$(openssl dgst -sha256 -binary "$1" | openssl base64 -A):"
params="(\"@method\" \"@target-uri\" \"content-digest\");created=$(date +%s);keyid=\"$TINTYPE_KEY_ID\";nonce=\"$(openssl rand -hex 16)\""
base=$(mktemp)
trap 'rm -f "$base"' EXIT
printf '"@method": POST\n"@target-uri": %s\n"content-digest": %s\n"@signature-params": %s' "$TINTYPE_URL" "$digest" "$params" > "$base"
signature=$(openssl pkeyutl -sign -rawin -inkey "$TINTYPE_PRIVATE_KEY" -in "$base" | openssl base64 -A)
curl --silent --show-error --fail-with-body --data-binary "@$1" -H "Content-Type: application/octet-stream" -H "Content-Digest: $digest" \
  -H "Signature-Input: sig=$params" -H "Signature: sig=:$signature:" "$TINTYPE_URL"
