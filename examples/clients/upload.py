#!/usr/bin/env python3
"""Uploads a picture in a signed request, with the standard library alone: `python3 upload.py picture.png`."""
import base64, hashlib, hmac, os, pathlib, secrets, sys, time, urllib.request

url, key_id, secret = (os.environ[name] for name in ("TINTYPE_URL", "TINTYPE_KEY_ID", "TINTYPE_SIGNING_SECRET"))
body = pathlib.Path(sys.argv[1]).read_bytes()
digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
params = '("@method" "@target-uri" "content-digest")' + f';created={int(time.time())};keyid="{key_id}";nonce="{secrets.token_hex()}"'
base = f'"@method": POST\n"@target-uri": {url}\n"content-digest": {digest}\n"@signature-params": {params}'
signature = base64.b64encode(hmac.digest(secret.encode(), base.encode(), "sha256")).decode()
fields = {"Content-Digest": digest, "Signature-Input": f"sig={params}", "Signature": f"sig=:{signature}:"}
fields["Content-Type"] = "application/octet-stream"
with urllib.request.urlopen(urllib.request.Request(url, body, fields)) as answer:
    print(answer.read().decode())
