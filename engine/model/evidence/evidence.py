"""What stands behind a choice of model: how sure it is, of what, and what a reader must know beside it."""

from dataclasses import dataclass, field

from engine.model.evidence.spread import Spread
from engine.model.fit.candidate import Model
from engine.model.fit.compiled import Matrix, Vector
from engine.model.response.draws import MediaDraws
from engine.results.summary import Chains, Edge, Interval


@dataclass(frozen=True)
class Pair:
    """Two channels that the data cannot tell apart.

    Their effects trade off, and which of them has the higher ROAS is not known. correlation: of their log ROAS, below
    0: what one brings more the other brings less. order: how sure it is, 0.5 to 1, which is the higher.
    """

    first: str
    second: str
    correlation: float
    order: float


@dataclass(frozen=True)
class Odd:
    """A period of the window, by its place, that the model cannot explain. miss: in units of the dependent variable;
    weight: how much it counts, 1 as a usual period."""

    period: int
    miss: float
    weight: float


@dataclass(frozen=True)
class Evidence:
    """A chosen model and what stands behind it; C paid channels in the problem's order.

    reestimated: the coefficients are not those of a ridge regression; `model.values` holds lambda at its lowest.
    roas: (C,) of the chosen model. prior_share: (C,) 0 to 1, how much of a channel's answer the selection decided and
    not the data. order: (C, C) chance that the row's ROAS is above the column's. path: (K, 1 + C) NRMSE and ROAS of
    each model that the choice was among, by rising NRMSE; None if there was no such list. By evidence only: draws, what
    each medium does, draw by draw; media_share, the range of the share that all paid media bring; no_effect, each
    channel's chance to bring next to nothing; adstocks, the weight of each kind of it by medium; chains, whether they
    agree; edges; odd, the oddest period first.
    """

    rule: str
    model: Model
    reestimated: bool
    roas: Vector
    prior_share: Vector
    order: Matrix
    ranges: tuple[Spread, ...]
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]
    path: Matrix | None = None
    draws: MediaDraws | None = None
    media_share: Interval | None = None
    no_effect: dict[str, float] = field(default_factory=dict)
    adstocks: dict[str, dict[str, float]] = field(default_factory=dict)
    chains: Chains | None = None
    edges: tuple[Edge, ...] = ()
    odd: tuple[Odd, ...] = ()
