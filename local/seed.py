"""What a fresh laptop lacks: a key pair for the warehouse and the secrets the services read."""

import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local import workspace
from local.environment import SIGNING_SECRET, SLACK_TOKEN_SECRET, SNOWFLAKE_KEY_SECRET, SNOWFLAKE_USER


@dataclass(frozen=True)
class Keys:
    """Files the stand-ins are started with."""

    snowflake_user: str
    snowflake_public: Path
    job_environment: Path


def prepare(folders: dict[str, Path], job_environment: dict[str, str]) -> Keys:
    """Create the key pair once, and (re)write the secrets and the training job's settings."""
    private, public = folders["keys"] / "snowflake.pem", folders["keys"] / "snowflake.pub"
    if not (private.exists() and public.exists()):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        private.chmod(0o600)
        public.write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
    secrets = folders["google"] / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / SLACK_TOKEN_SECRET).write_text(workspace.BOT_TOKEN)
    (secrets / SIGNING_SECRET).write_text(workspace.SIGNING_SECRET)
    (secrets / SNOWFLAKE_KEY_SECRET).write_text(private.read_text())
    settings = folders["keys"] / "job_environment.json"
    settings.write_text(json.dumps(job_environment, indent=1))
    return Keys(SNOWFLAKE_USER, public, settings)
