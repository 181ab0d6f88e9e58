"""What is told of a connection that does not work: an operator mends the settings' one, an admin one of Slack's."""

import re

from engine.cloud.connection import Connection
from engine.errors import MmmError

# By setting, what it is called in the form of a connection.
FIELDS = {"KEY_SECRET": "secret", "ACCOUNT": "account", "USER": "user", "ROLE": "role", "WAREHOUSE": "warehouse"}
SETTING = re.compile(r"MMM_SNOWFLAKE_([A-Z_]+)")


def of_connection(at: Connection, error: MmmError) -> MmmError:
    """Return the error with the connection's own words where it told of settings, which a named one does not have."""
    if at.is_default or not SETTING.search(error.todo):
        return error
    todo = error.todo.replace(", MMM_SNOWFLAKE_HOST,", ",")
    todo = todo.replace("the secret that MMM_SNOWFLAKE_KEY_SECRET names", f"the secret {at.secret}")
    todo = SETTING.sub(lambda found: f"its {FIELDS.get(found[1], found[1].lower())}", todo)
    error.todo = f"{todo} The connection is {at.name}: /mmm connect {at.name}."
    return error
