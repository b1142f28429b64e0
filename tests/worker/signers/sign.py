"""Signs a request with PyPI's http-message-signatures. The request comes as JSON on stdin; the fields go to stdout."""

import base64
import json
import sys

from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms


class Message:
    def __init__(self, method, url, headers):
        self.method, self.url, self.headers = method, url, headers


class Key(HTTPSignatureKeyResolver):
    def __init__(self, key):
        self.key = key

    def resolve_private_key(self, key_id):
        return self.key


asked = json.load(sys.stdin)
algorithm = {"hmac-sha256": algorithms.HMAC_SHA256, "ed25519": algorithms.ED25519}[asked["algorithm"]]
message = Message(asked["method"], asked["url"], dict(asked["headers"]))
signer = HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=Key(asked["key"].encode()))
signer.sign(
    message,
    key_id=asked["keyid"],
    nonce=asked["nonce"],
    covered_component_ids=asked["covered"],
    body=base64.b64decode(asked["body"]) if asked["body"] else None,
)
json.dump(dict(message.headers), sys.stdout)
