"""Google identity: the metadata server, service account tokens, and the keys that prove them."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

ISSUER = "https://accounts.google.com"
KEY_ID = "local-1"
KEY_FILE = "identity.pem"
LIFE_SECONDS = 3600
FLAVOR = {"Metadata-Flavor": "Google"}
Answer = Callable[[Request], Awaitable[Response]]


class Identities:
    """Signs tokens for service accounts; the key is kept on disk. `word` is the access token that it hands out."""

    def __init__(self, folder: Path, *, project: str, account: str, word: str) -> None:
        self.project = project
        self.word = word
        self.account = account
        path = folder / KEY_FILE
        if path.exists():
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
            assert isinstance(key, rsa.RSAPrivateKey)
        else:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            path.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
            path.chmod(0o600)
        self._key = key
        self._certificate = _certificate(key)

    def token(self, account: str, audience: str) -> str:
        """Return an OpenID Connect token as Google signs it."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "sub": account,
            "azp": account,
            "email": account,
            "email_verified": True,
            "iat": now,
            "exp": now + LIFE_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": KEY_ID})

    def routes(self) -> list[Route]:
        """The metadata server as every process sees it, and as one that runs as another account sees it."""
        return [
            Route("/", self._alive),
            *self._metadata_routes("/computeMetadata/v1"),
            *self._metadata_routes("/as/{runs_as}/computeMetadata/v1"),
            Route("/oauth2/v1/certs", self._certs),
        ]

    def _metadata_routes(self, root: str) -> list[Route]:
        account = root + "/instance/service-accounts/{account}"
        answers = {
            f"{root}/project/project-id": self._project_id,
            f"{root}/instance/service-accounts/": self._accounts,
            f"{account}/": self._account,
            f"{account}/token": self._access_token,
            f"{account}/identity": self._identity_token,
        }
        return [Route(path, _asked_by_a_program_of_ours(answer)) for path, answer in answers.items()]

    async def _alive(self, request: Request) -> Response:
        return _metadata("computeMetadata/")

    async def _project_id(self, request: Request) -> Response:
        return _metadata(self.project)

    async def _accounts(self, request: Request) -> Response:
        return JSONResponse({"default": self._described(request)}, headers=FLAVOR)

    async def _account(self, request: Request) -> Response:
        return JSONResponse(self._described(request), headers=FLAVOR)

    def _described(self, request: Request) -> dict[str, object]:
        return {"aliases": ["default"], "email": self._runs_as(request), "scopes": ["cloud-platform"]}

    async def _access_token(self, request: Request) -> Response:
        body = {"access_token": self.word, "expires_in": LIFE_SECONDS, "token_type": "Bearer"}
        return JSONResponse(body, headers=FLAVOR)

    async def _identity_token(self, request: Request) -> Response:
        if not request.query_params.get("audience"):
            return PlainTextResponse("non-empty audience parameter required", 400, headers=FLAVOR)
        account = request.path_params["account"]
        account = self._runs_as(request) if account == "default" else account
        return _metadata(self.token(account, request.query_params["audience"]))

    def _runs_as(self, request: Request) -> str:
        return str(request.path_params.get("runs_as", self.account))

    async def _certs(self, request: Request) -> Response:
        return JSONResponse({KEY_ID: self._certificate})


def _asked_by_a_program_of_ours(answer: Answer) -> Answer:
    """Only who sends the header that no page in a browser and no simple redirect can, is answered.

    As the service does it: https://cloud.google.com/compute/docs/metadata/querying-metadata (parts of a request).
    """

    async def asked(request: Request) -> Response:
        if request.headers.get("metadata-flavor") != "Google":
            return PlainTextResponse("Missing Metadata-Flavor:Google header.", 403, headers=FLAVOR)
        if "x-forwarded-for" in request.headers:
            return PlainTextResponse("X-Forwarded-For is not allowed.", 403, headers=FLAVOR)
        return await answer(request)

    return asked


def _metadata(text: str) -> Response:
    return PlainTextResponse(text, headers=FLAVOR)


def _certificate(key: rsa.RSAPrivateKey) -> str:
    """A self-signed certificate around the public key: the form in which Google publishes keys."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "local")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
