"""Keep secrets out of what is written down, wherever in a line they turn up."""

import re

HIDDEN = "[hidden]"
_SECRETS = (
    # Slack's tokens and its one-time addresses, which let whoever holds them answer in our name.
    re.compile(r"\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{6,}"),
    re.compile(r"(?<=hooks\.slack\.com/)[\w/-]+"),
    # A private key, whole or cut off.
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    # Tokens: what follows "Bearer", and signed tokens by their shape.
    re.compile(r"(?<=\b[Bb]earer )[\w.~+/=-]{8,}"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    re.compile(r"\bya29\.[\w.-]{8,}"),
    # The signature of an address that opens a file to whoever has it.
    re.compile(r"(?<=[?&])(X-Goog-(?:Signature|Credential)|Signature|sig|token|client_secret|code)=[^&\s\"']+", re.I),
    # A value under a telling name, in JSON, a command line or an address.
    re.compile(
        r"""(?<=["'\b ])((?:[\w-]*(?:password|passwd|secret|private_key|api_key|access_token|refresh_token))"""
        r"""["']?\s*[:=]\s*["']?)(?!projects/|file:)[^\s"',}&]{6,}""",
        re.IGNORECASE,
    ),
)


def without_secrets(text: str) -> str:
    """Return `text` with everything that looks like a secret hidden."""
    for pattern in _SECRETS:
        text = pattern.sub(_hide, text)
    return text


def _hide(found: "re.Match[str]") -> str:
    """Keep the name of what is hidden, where it has one."""
    name = found.group(1) if found.re.groups else None
    if name is None:
        return HIDDEN
    return f"{name}={HIDDEN}" if not name.rstrip("\"' ").endswith((":", "=")) else f"{name}{HIDDEN}"
