"""Which permissions the app takes: the scopes that each Web API method we call needs, by Slack's method pages.

A test finds the calls in the code, and holds them, this table and the manifest together.
"""

# A method that takes one of several scopes, depending on the place, names those of the places we use.
METHODS: dict[str, frozenset[str]] = {
    "apps.connections.open": frozenset(),  # takes the app-level token, see APP_LEVEL
    "auth.revoke": frozenset(),
    "auth.test": frozenset(),
    "chat.delete": frozenset({"chat:write"}),
    "chat.postEphemeral": frozenset({"chat:write"}),
    "chat.postMessage": frozenset({"chat:write"}),
    "chat.update": frozenset({"chat:write"}),
    # Each kind of conversation has a scope of its own: public, private, of two, of several.
    "conversations.history": frozenset({"channels:history", "groups:history", "im:history", "mpim:history"}),
    "conversations.info": frozenset({"channels:read", "groups:read", "im:read", "mpim:read"}),
    "conversations.members": frozenset({"channels:read", "groups:read", "im:read", "mpim:read"}),
    "conversations.open": frozenset({"im:write"}),
    "conversations.replies": frozenset({"channels:history", "groups:history", "im:history", "mpim:history"}),
    "files.completeUploadExternal": frozenset({"files:write"}),
    "files.getUploadURLExternal": frozenset({"files:write"}),
    "files.info": frozenset({"files:read"}),
    "oauth.v2.access": frozenset(),  # takes the app's client id and secret
    "usergroups.users.list": frozenset({"usergroups:read"}),
    # The second one, because we ask for the address in it.
    "users.info": frozenset({"users:read", "users:read.email"}),
    "views.open": frozenset(),
    "views.publish": frozenset(),
    "views.push": frozenset(),
    "views.update": frozenset(),
}
# What is no call of ours but needs a scope: the slash command and the shortcuts.
COMMANDS = "commands"
# Of the token that dials Slack.
APP_LEVEL = "connections:write"


def bot_scopes() -> tuple[str, ...]:
    """Return every scope the bot token needs, in order."""
    return tuple(sorted({COMMANDS}.union(*METHODS.values())))
