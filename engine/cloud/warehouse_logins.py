"""Logins that Snowflake refuses for good: by number where it has one of its own, else by Snowflake's words.

Many refusals travel under one number (250001, `Failed to connect to DB: …`). Each has its remedy, which is an
operator's. None is tried again: repeated wrong logins lock the user out.
"""

import re
from dataclasses import dataclass

from engine.errors import Refused

LOGINS = range(390100, 394999)
GENERIC = {0, 250001, 251005, 251006}
ADDRESS = re.compile(r"\bIP(?:/Token)?(?: address)? ([0-9A-Fa-f:.]*[0-9A-Fa-f])\b")
# What passes by itself, though it stands in an answer to a login.
PASSING = re.compile(
    r"could not connect|service is unavailable|unavailable|maintenance|overload|internal error|timed? ?out"
    r"|too many requests|is retryable",
    re.IGNORECASE,
)
ANSWER = re.compile(r"Failed to connect to DB: [^ ]+ ")


@dataclass(frozen=True)
class Cause:
    """Why a login is refused: `numbers` and `words` (a pattern, any case) it is known by, and what is told."""

    numbers: frozenset[int]
    words: str
    what: str
    todo: str


CAUSES = (
    Cause(
        frozenset({390420, 390421, 390422, 390432, 390433}),
        r"not allowed to access snowflake|network policy|private ?link|public (endpoint|access)",
        "Snowflake's network policy does not let the service in.",
        "Whoever looks after Snowflake must add its address{address} to the network policy of the service's user "
        "(ALTER NETWORK POLICY …), or an operator must give the service a fixed address that is already in it.",
    ),
    Cause(
        frozenset({390103, 390190, 390913, 390914}),
        r"trial (has |is )?(ended|expired)|suspended due to|payment method"
        r"|(?<!user )account (is |has been |was )?(suspended|locked|disabled|deactivated|inactive)",
        "Snowflake has suspended the account.",
        "Whoever looks after Snowflake must bring it back (a trial that ended, or a payment that is due).",
    ),
    Cause(
        frozenset({390102}),
        r"\blocked\b",
        "Snowflake has locked the service's user.",
        "Whoever looks after Snowflake must unlock it (ALTER USER … SET MINS_TO_UNLOCK = 0) and see which wrong "
        "logins locked it; then try again.",
    ),
    Cause(
        frozenset({390101}),
        r"(user|access|login)\b.{0,40}\bdisabled",
        "Snowflake has disabled the service's user.",
        "Whoever looks after Snowflake must enable it (ALTER USER … SET DISABLED = FALSE).",
    ),
    Cause(
        frozenset({390120, 390121, 390123, 390124, 390127, 390197, 394507, 394508}),
        r"multi-?factor|\bMFA\b|\bduo\b|passcode|second factor",
        "Snowflake asks the service's user for a second factor, which a service cannot give.",
        "Whoever looks after Snowflake must make it a service user with a key pair "
        "(ALTER USER … SET TYPE = SERVICE), outside of the policy that asks for MFA.",
    ),
    Cause(
        frozenset({390106, 390108, 390140, 394400, 394401, 394402}),
        r"password.{0,60}(expired|policy|must be changed|change)|(specify|must change).{0,30}password",
        "Snowflake wants the service's user to change a password, and the service has none.",
        "Whoever looks after Snowflake must make it a service user with a key pair (ALTER USER … SET TYPE = SERVICE, "
        "UNSET PASSWORD).",
    ),
    Cause(
        frozenset({390139, 390202, 390204, 390205}),
        r"authenticat(or|ion (policy|method|attempt)).{0,80}(not|reject|disabled|unsupported)"
        r"|rejected by .{0,30}authentication policy",
        "Snowflake does not take key pairs from the service's user.",
        "Whoever looks after Snowflake must allow KEYPAIR in the authentication policy of the service's user.",
    ),
    Cause(
        frozenset({390186, 390189}),
        r"\brole\b.{0,120}(not exist|not authorized|not granted|no longer)",
        "Snowflake does not give the service its role.",
        "An operator must check MMM_SNOWFLAKE_ROLE and GRANT ROLE … TO USER ….",
    ),
    Cause(
        frozenset({390201, 251001, 251009}),
        r"requested account does not exist|account .{0,40}(not found|not exist)",
        "Snowflake does not know this account.",
        "An operator must check MMM_SNOWFLAKE_ACCOUNT and the network policy.",
    ),
    Cause(
        frozenset({390100, 390144, 390303, *range(394300, 394310)}),
        r"JWT|incorrect username|public key|key pair",
        "Snowflake does not accept the service's login.",
        "An operator must check the user and its public key (ALTER USER … SET RSA_PUBLIC_KEY).",
    ),
)
WRONG_KEY = CAUSES[-1].numbers


def refusal(number: int, said: str, detail: str) -> Refused | None:
    """Return why a login was refused for good; nothing if it may pass, or is no login.

    `said` is Snowflake's message in one line.
    """
    answer = ANSWER.search(said)
    words = said[answer.end() :] if answer else said
    at_login = number in LOGINS or (number in GENERIC and answer is not None)
    cause = next((one for one in CAUSES if at_login and re.search(one.words, words, re.IGNORECASE)), None)
    cause = cause or next((one for one in CAUSES if number in one.numbers), None)
    if cause:
        address = ADDRESS.search(words)
        todo = cause.todo.replace("{address}", f", {address[1]}," if address else "")
        return Refused(cause.what, todo, detail=detail)
    if not at_login or PASSING.search(words):
        return None
    return Refused(
        f"Snowflake refuses the service's login: {words}",
        "Show this to whoever looks after Snowflake.",
        detail=detail,
    )
