"""What a chain is given, where it is, and the room it works in: the arrays that the machine code shares."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.fit.compiled import Flags, Matrix, Numbers, Vector, compiled

# Parameters of a medium besides its ROAS: alpha, gamma, and two of its adstock.
SHAPES = 4


class Setting(NamedTuple):
    """What does not change. M media, T rows, N of them in the window, K baseline columns, G ways to leave the baseline
    open, E echoes, Q kinds of adstock, S lift tests.

    y: (N,). media: (M, T). design: (K, N) and scales: (G, K), as in `level.factorise`. echoes: (E,) how much of the
    noise may last into the next period. tails: degrees of freedom that the noise may have. kinds: (Q,) codes of
    `transforms.ADSTOCKS`. chances: (Q,) their log chances. low, high: (Q, M, 4) ranges of the parameters under each
    kind. level: (M,) what a log ROAS of 0 brings in the window: the spend of a paid channel, negative where effects
    are. paid: (M,). center, spread: (M,) of the prior of an unpaid medium. mu_center, mu_spread, tau_spread: priors of
    mu, normal, and tau, half-normal. roas_tail: degrees of freedom of a channel's distance from mu. idle: chance that a
    channel brings next to nothing; idle_center, idle_spread: of its log ROAS then. whole: what was sold in the window,
    of which media bring a part. spans, lifts, errors, ratios, immediate, members: the lift tests. used: how many of a
    medium's four parameters matter.
    """

    y: Vector
    media: Matrix
    start: int
    stop: int
    design: Matrix
    scales: Matrix
    echoes: Vector
    tails: Vector
    kinds: Numbers
    chances: Vector
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    level: Vector
    paid: Flags
    center: Vector
    spread: Vector
    mu_center: float
    mu_spread: float
    tau_spread: float
    roas_tail: float
    idle: float
    idle_center: float
    idle_spread: float
    whole: float
    spans: Numbers
    lifts: Vector
    errors: Vector
    ratios: Vector
    immediate: Flags
    members: Flags
    used: int


class Chain(NamedTuple):
    """Where a chain is. units: (M, 4) parameters within their ranges. kinds: (M,) places among the setting's kinds.
    log_roas: (M,). apart: (M,) how much more than usual a channel may differ from mu, as a precision. idle: (M,)
    whether it brings next to nothing. pool: (2,) mu and tau. ways: (3,) the baseline, the echo and the tail in use.
    weights: (N,) of the periods. steps: (M,) sizes of moves. lower: (M, M) factor of the covariance by which all ROAS
    move together; lower_own: (M, 5, 5) of that of one medium's parameters and ROAS.
    """

    units: Matrix
    kinds: Numbers
    log_roas: Vector
    apart: Vector
    idle: Flags
    pool: Vector
    ways: Numbers
    weights: Vector
    steps: Vector
    lower: Matrix
    lower_own: NDArray[np.float64]


class Room(NamedTuple):
    """Scratch. raw: (M + 1, N) what a ROAS of 1 contributes, the last place is a proposal's; columns: the same,
    whitened and weighted; shadows: (M + 1, K) their projections; read: (S, M + 1) what the lift tests see of them.
    gram, target, rest: sums of squares with the baseline integrated out; rest[1] is what `factorise` gave for it.
    shadow, lower: as in `level.factorise`, with a second pair for proposals. white, y_shadow: y whitened and
    weighted, and its projection."""

    raw: Matrix
    columns: Matrix
    shadows: Matrix
    read: Matrix
    gram: Matrix
    target: Vector
    rest: Vector
    effects: Vector
    shapes: Matrix
    felt: Matrix
    halves: Vector
    weights: Vector
    residual: Vector
    noise: Vector
    roots: Vector
    white: Vector
    y_shadow: Vector
    shadow: Matrix
    lower: Matrix
    other_shadow: Matrix
    other_lower: Matrix


@compiled
def make_room(setting: Setting) -> Room:
    """Return room for one chain."""
    count, rows, width = len(setting.media), len(setting.y), len(setting.design)
    length, studies = setting.media.shape[1], len(setting.lifts)
    return Room(
        np.zeros((count + 1, rows)),
        np.zeros((count + 1, rows)),
        np.zeros((count + 1, width)),
        np.zeros((studies, count + 1)),
        np.zeros((count + 1, count + 1)),
        np.zeros(count + 1),
        np.zeros(2),
        np.zeros(count),
        np.zeros((1, 5)),
        np.zeros((1, setting.stop)),
        np.zeros(1),
        np.zeros(length),
        np.zeros(rows),
        np.zeros(rows),
        np.ones(rows),
        np.zeros(rows),
        np.zeros(width),
        np.zeros((width, rows)),
        np.zeros((width, width)),
        np.zeros((width, rows)),
        np.zeros((width, width)),
    )
