"""Who calls whom: tokens for calls we make, and the check of tokens on calls we get."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import google.auth.transport.requests
import requests
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import id_token

from engine.errors import Denied, Unavailable

CERTS_KEPT_SECONDS = 3600.0
# An unknown signing key may be a new one: look again, but not for every forged token.
CERTS_PAUSE_SECONDS = 5.0


class Identity:
    """Makes and checks OpenID Connect tokens of service accounts."""

    def __init__(self, *, certs_url: str, issuer: str, timeout: float = 10.0) -> None:
        self._certs_url = certs_url
        self._issuers = {issuer, issuer.removeprefix("https://")}
        self._timeout = timeout
        self._certs: Mapping[str, Any] = {}
        self._fetched = float("-inf")
        self._lock = threading.Lock()

    def token(self, audience: str) -> str:
        """Return a token that proves to `audience` who we are. Raises Unavailable."""
        with requests.Session() as session:
            try:
                request = google.auth.transport.requests.Request(session=session)
                return str(id_token.fetch_id_token(request, audience))  # type: ignore[no-untyped-call]
            except GoogleAuthError as error:
                raise Unavailable("No identity token could be had.", detail=str(error)) from error

    def verify(self, bearer: str, audience: str, accounts: tuple[str, ...]) -> str:
        """Return the account behind an `Authorization` header; raises Denied.

        Six checks: a bearer token; its signature and dates; the audience we are configured with; the
        issuer; that the account is one of `accounts`; that its address is verified.
        """
        scheme, _, token = bearer.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Denied("This address answers signed calls only.")
        claims = self._claims(token, audience)
        if claims.get("iss") not in self._issuers:
            raise Denied("This token comes from somebody else.", detail=f"iss {claims.get('iss')}")
        email = str(claims.get("email", ""))
        if not email or email not in accounts:
            raise Denied("This account may not call here.", detail=f"email {email}")
        if claims.get("email_verified") is not True:
            raise Denied("This account is not verified.", detail=f"email {email}")
        return email

    def _claims(self, token: str, audience: str) -> Mapping[str, Any]:
        for again in (False, True):
            try:
                claims: Mapping[str, Any] = jwt.decode(  # type: ignore[no-untyped-call]
                    token, certs=self._keys(again), audience=audience, clock_skew_in_seconds=10
                )
                return claims
            except (ValueError, GoogleAuthError) as error:
                if again or "Certificate for key id" not in str(error):
                    raise Denied("This token is not valid here.", detail=str(error)) from error
        raise AssertionError("unreachable")  # pragma: no cover

    def _keys(self, again: bool) -> Mapping[str, Any]:
        with self._lock:
            age = time.monotonic() - self._fetched
            if age > (CERTS_PAUSE_SECONDS if again else CERTS_KEPT_SECONDS) or not self._certs:
                try:
                    answer = requests.get(self._certs_url, timeout=self._timeout)
                    answer.raise_for_status()
                    self._certs = answer.json()
                except (requests.RequestException, ValueError) as error:
                    raise Unavailable("The signing keys cannot be read.", detail=str(error)) from error
                self._fetched = time.monotonic()
            return self._certs
