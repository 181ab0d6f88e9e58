"""Who may log in: key-pair tokens, checked as the real service checks them; and passwords, of users who have one."""

import base64
import hashlib
from collections.abc import Mapping
from hmac import compare_digest
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key


class LoginRefused(Exception):
    """A login that fails; `code` is Snowflake's number for it, the text is its message."""

    def __init__(self, code: str, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason


class PublicKeys:
    """The users of the account and the keys they registered (`ALTER USER … SET RSA_PUBLIC_KEY`)."""

    def __init__(self, files: Mapping[str, Path], passwords: Mapping[str, str] | None = None) -> None:
        self._files = {user.upper(): file for user, file in files.items()}
        self._passwords = {user.upper(): password for user, password in (passwords or {}).items()}

    def check(self, account: str, user: str, authenticator: str, token: str, password: str = "") -> None:
        """Raise LoginRefused unless `token` was signed by the user's key, for this account, and is still good.

        Without an authenticator: unless the password is the user's.
        """
        known = self._passwords.get(user.upper(), "")
        if authenticator.upper() in ("", "SNOWFLAKE") and known and compare_digest(known.encode(), password.encode()):
            return
        file = self._files.get(user.upper())
        if file is None or authenticator != "SNOWFLAKE_JWT":
            raise LoginRefused("390100", "Incorrect username or password was specified.")
        pem = file.read_bytes()
        subject = f"{account.upper()}.{user.upper()}"
        try:
            claims = jwt.decode(
                token,
                load_pem_public_key(pem),  # type: ignore[arg-type]  # RSA or EC, as the algorithms say
                algorithms=["RS256", "ES256", "ES384", "ES512"],
                issuer=f"{subject}.{fingerprint(pem)}",
                leeway=60,
                options={"require": ["iss", "sub", "iat", "exp"], "verify_iat": True},
            )
            if claims["sub"] != subject:
                raise jwt.InvalidTokenError("the subject is not the user who logs in")
        except jwt.InvalidTokenError as error:
            raise LoginRefused("390144", "JWT token is invalid.", reason=str(error)) from error


def fingerprint(pem: bytes) -> str:
    """Return a public key's fingerprint as Snowflake writes it: `SHA256:` and base64."""
    der = load_pem_public_key(pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()
