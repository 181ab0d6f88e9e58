"""Service accounts that sign in with a key: who proves one by a signature is given what the stand-in takes for a token.

As Google's token address does (https://developers.google.com/identity/protocols/oauth2/service-account).
"""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
BODY_MOST = 1 << 16


class Keys:
    """The public keys of service accounts, by e-mail address."""

    def __init__(self, folder: Path, word: str) -> None:
        self.folder = folder
        self.word = word

    def make(self, account: str, token_uri: str) -> str:
        """Make a key for an account; returns it as the JSON that Google hands out."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.folder.mkdir(parents=True, exist_ok=True)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (self.folder / f"{_plain(account)}.pem").write_bytes(public)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "mmm-local",
                "private_key_id": "local",
                "private_key": private.decode(),
                "client_email": account,
                "client_id": "1",
                "token_uri": token_uri,
            }
        )

    async def token(self, request: Request) -> Response:
        """Give a token to who signed with a key that is known here."""
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > BODY_MOST:
            return Response(status_code=413)
        given = parse_qs((await request.body()).decode("utf-8", "replace"))
        assertion = given.get("assertion", [""])[0]
        try:
            account = str(jwt.decode(assertion, options={"verify_signature": False}).get("iss", ""))
            public = (self.folder / f"{_plain(account)}.pem").read_bytes()
            jwt.decode(assertion, public, algorithms=["RS256"], options={"verify_aud": False})
        except (jwt.InvalidTokenError, OSError):
            said = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
            return JSONResponse(said, 400)
        if given.get("grant_type") != [GRANT]:
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        return JSONResponse({"access_token": self.word, "expires_in": 3600, "token_type": "Bearer"})


def _plain(account: str) -> str:
    return re.sub(r"[^A-Za-z0-9@._-]", "_", account)[:200].strip(".") or "nobody"
