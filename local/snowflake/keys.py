"""A service user's key pair, made once and kept."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


@dataclass(frozen=True)
class KeyPair:
    """Two PEM files."""

    private: Path
    public: Path


def key_pair(folder: Path, name: str = "snowflake") -> KeyPair:
    """Return the key pair below `folder`; make it if it is not there."""
    pair = KeyPair(folder / f"{name}_key.pem", folder / f"{name}_key.pub")
    if not (pair.private.exists() and pair.public.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pair.private.touch(mode=0o600)
        pair.private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        pair.public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return pair
