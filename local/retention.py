"""How long the bucket's stand-in keeps what is done with: as long as the setting says that services go by."""

from collections.abc import Mapping

from engine.errors import BadSettings
from engine.settings import Settings

NAME = "MMM_KEEP_DAYS"


def keep_days(given: Mapping[str, str]) -> str:
    """Return the days that an environment says, or the setting's default. Raises BadSettings."""
    field = Settings.model_fields["keep_days"]
    least, most = (getattr(limit, kind) for limit, kind in zip(field.metadata, ("ge", "le"), strict=True))
    days = given.get(NAME) or str(field.default)
    if not (days.isascii() and days.isdecimal() and least <= int(days[:9]) <= most):
        raise BadSettings(f"{NAME} is {days}.", f"It must be a whole number from {least} to {most}.")
    return days
