"""Which token of a request counts, and what of it has been checked already.

Where not everybody may invoke a service, Cloud Run checks the token of each request itself, and passes it on with
`SIGNATURE_REMOVED_BY_GOOGLE` in place of its signature, so that it cannot be used again elsewhere ("Troubleshoot Cloud
Run issues", signature removed). It checks `X-Serverless-Authorization` where a request has both headers, and leaves
`Authorization` as it came ("Service-to-service authentication"): a caller who may invoke the service could write
anything there. So one header counts: the one that Cloud Run looked at.
"""

from collections.abc import Mapping, Sequence

from engine.errors import Denied

SERVERLESS, PLAIN = "x-serverless-authorization", "authorization"
REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"


def presented(headers: Sequence[tuple[str, str]], *, checked_by_cloud_run: bool) -> str:
    """The value of the header that counts; "" if there is none. Raises Denied where a request has it twice.

    headers: names in small letters, with their values. Without Cloud Run's check only `Authorization` is looked at.
    """
    named: Mapping[str, list[str]] = {
        wanted: [value for name, value in headers if name == wanted] for wanted in (SERVERLESS, PLAIN)
    }
    counts = SERVERLESS if checked_by_cloud_run and named[SERVERLESS] else PLAIN
    if len(named[counts]) > 1:
        raise Denied("This request names its caller twice.", detail=counts)
    return "".join(named[counts])


def is_stripped(token: str) -> bool:
    """Whether Cloud Run took the signature of a token off; or somebody says so."""
    return token.rpartition(".")[2] == REMOVED
