"""Which column plays which role in a dataset."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["date", "dep_var", "paid_media_spends", "paid_media_vars", "organic_vars", "context_vars", "factor_vars"]


class Mapping(BaseModel):
    """The roles of a dataset's columns, in Robyn's words.

    `exposures` says, by spend column, which exposure column the channel is modelled on; a channel
    without an entry is modelled on its spend. `country_var` filters rows where a source holds several
    countries. Every column named in `factor_vars` is also in `context_vars`.
    """

    model_config = ConfigDict(frozen=True)

    date_var: str
    dep_var: str
    dep_var_type: Literal["revenue", "conversion"] = "revenue"
    paid_media_spends: tuple[str, ...]
    exposures: dict[str, str] = Field(default_factory=dict)
    organic_vars: tuple[str, ...] = ()
    context_vars: tuple[str, ...] = ()
    factor_vars: tuple[str, ...] = ()
    country_var: str = ""

    @property
    def paid_media_vars(self) -> tuple[str, ...]:
        """Per spend, in order, the column that is modelled."""
        return tuple(self.exposures.get(spend, spend) for spend in self.paid_media_spends)
