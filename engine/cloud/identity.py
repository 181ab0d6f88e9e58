"""Who calls whom: tokens for calls we make, and the check of tokens on calls we get."""

import re
import threading
import time
from collections.abc import Mapping
from typing import Any

import google.auth.transport.requests
import requests
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import id_token

from engine.cloud.presented import is_stripped
from engine.cloud.sessions import stay_within
from engine.errors import Denied, Unavailable

# How long keys are kept whose sender says nothing about it, and the most that is believed.
CERTS_KEPT_SECONDS = 3600.0
CERTS_KEPT_MOST = 86_400.0
# An unknown signing key may be a new one: look again, but not for every forged token.
CERTS_PAUSE_SECONDS = 5.0
# Google signs with this one; a token must not choose how it is checked.
ALGORITHM = "RS256"
CLOCK_SKEW_SECONDS = 10
# Google's are below 2,000 characters.
TOKEN_MOST = 16_384
# What a made-up token breaks in whoever decodes, parses and compares it; nested deeply, it exhausts the parser.
WRONG = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
MAX_AGE = re.compile(r"(?:^|[,\s])max-age=(\d{1,9})(?:$|[,\s])")


class Identity:
    """Makes and checks OpenID Connect tokens of service accounts."""

    def __init__(
        self, *, certs_url: str, issuer: str, timeout: float = 10.0, checked_by_cloud_run: bool = False
    ) -> None:
        """checked_by_cloud_run: a token without its signature is believed, as Cloud Run has checked it."""
        self.checked_by_cloud_run = checked_by_cloud_run
        self._certs_url = certs_url
        self._issuers = (issuer, issuer.removeprefix("https://"))
        self._timeout = timeout
        self._certs: Mapping[str, Any] = {}
        self._fetched = float("-inf")
        self._kept = 0.0
        self._lock = threading.Lock()

    def token(self, audience: str) -> str:
        """Return a token that proves to `audience` who we are. Raises Unavailable."""
        with requests.Session() as session:
            stay_within(session)
            try:
                request = google.auth.transport.requests.Request(session=session)
                return str(id_token.fetch_id_token(request, audience))  # type: ignore[no-untyped-call]
            except (GoogleAuthError, requests.RequestException) as error:
                raise Unavailable("No identity token could be had.", detail=str(error)) from error

    def verify(self, bearer: str, audience: str, accounts: tuple[str, ...]) -> str:
        """Return the account behind an `Authorization` header; raises Denied, whatever is sent.

        Six checks: a bearer token; its signature and dates; the audience we are configured with; the
        issuer; that the account is one of `accounts`; that its address is verified.
        """
        scheme, _, token = bearer.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Denied("This address answers signed calls only.")
        if len(token) > TOKEN_MOST:
            raise Denied("This token is not valid here.", detail=f"{len(token)} characters")
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
        """What a token says, once its signature, its dates and its audience are found to be right."""
        try:
            header = jwt.decode_header(token)  # type: ignore[no-untyped-call]
            if header.get("alg") != ALGORITHM or not isinstance(header.get("kid"), str):
                raise Denied("This token is not valid here.", detail=f"header {header}")
            if is_stripped(token):
                return self._stripped(token, audience)
            keys = self._keys(header["kid"])
            claims: Mapping[str, Any] = jwt.decode(  # type: ignore[no-untyped-call]
                token, certs=keys, audience=audience, clock_skew_in_seconds=CLOCK_SKEW_SECONDS
            )
        except (*WRONG, GoogleAuthError) as error:
            # Whatever a made-up token breaks while it is read, it is not one of ours.
            raise Denied("This token is not valid here.", detail=str(error)) from error
        return claims

    def _stripped(self, token: str, audience: str) -> Mapping[str, Any]:
        """What a token says whose signature Cloud Run checked and took off. Its dates and audience are checked again.

        Never where everybody may invoke the service: then Cloud Run checks nothing, and anybody could write this.
        """
        if not self.checked_by_cloud_run:
            detail = "the signature is removed, and MMM_TOKENS_CHECKED_BY is not cloud_run"
            raise Denied("This token is not valid here.", detail=detail)
        claims: Mapping[str, Any] = jwt.decode(token, verify=False)  # type: ignore[no-untyped-call]
        now, begins, ends = time.time(), float(claims["iat"]), float(claims["exp"])
        if not begins - CLOCK_SKEW_SECONDS <= now <= ends + CLOCK_SKEW_SECONDS:
            raise Denied("This token is not valid here.", detail=f"iat {begins}, exp {ends}")
        if claims.get("aud") != audience:
            raise Denied("This token is not valid here.", detail=f"aud {claims.get('aud')}")
        return claims

    def _keys(self, wanted: str) -> Mapping[str, Any]:
        """The published keys. They are read again when they are too old, and once when `wanted` is not among them."""
        with self._lock:
            age = time.monotonic() - self._fetched
            if age > self._kept or (wanted not in self._certs and age > CERTS_PAUSE_SECONDS):
                self._fetch(wanted)
            return self._certs

    def _fetch(self, wanted: str) -> None:
        try:
            # Whose keys count is not to be decided by whoever answers with another address.
            answer = requests.get(self._certs_url, timeout=self._timeout, allow_redirects=False)
            answer.raise_for_status()
            certs = dict(answer.json())
        except (requests.RequestException, ValueError, TypeError) as error:
            raise Unavailable("The signing keys cannot be read.", detail=f"for {wanted}: {error}") from error
        found = MAX_AGE.search(answer.headers.get("cache-control", "").lower())
        self._certs = certs
        self._kept = min(float(found[1]), CERTS_KEPT_MOST) if found else CERTS_KEPT_SECONDS
        self._fetched = time.monotonic()
