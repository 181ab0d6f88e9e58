"""The prior of the ROAS, in machine code: what channels have in common, and how one may stand apart.

log ROAS of a paid channel ~ mu + tau · t, t Student with `roas_tail` degrees of freedom, whose centre and spread the
data choose too; with a small chance it brings next to nothing instead. An unpaid medium has a prior of its own.
"""

import numpy as np

from engine.model.evidence.level import math_lgamma
from engine.model.evidence.setting import Chain, Setting
from engine.model.fit.compiled import Vector, compiled

LEAST_TAU = 0.02
# How strongly it is expected that something is sold without media.
BASE = 1.0


@compiled
def prior(setting: Setting, chain: Chain, m: int, log_roas: float) -> float:
    """Return the log density of one medium's log ROAS, up to what does not depend on it."""
    if not setting.paid[m]:
        return float(-0.5 * ((log_roas - setting.center[m]) / setting.spread[m]) ** 2)
    if chain.idle[m]:
        return float(-0.5 * ((log_roas - setting.idle_center) / setting.idle_spread) ** 2)
    return float(-0.5 * chain.apart[m] * ((log_roas - chain.pool[0]) / chain.pool[1]) ** 2)


@compiled
def room_for_base(setting: Setting, effects: Vector) -> float:
    """Return the log density of all that media bring, given by their ROAS, (M,): a base below 0 cannot be.

    The share s that media bring has a density of (1 - s)^BASE beside what the priors of single media say.
    """
    brought = 0.0
    for m in range(len(effects)):
        brought += effects[m] * setting.level[m]
    left = 1.0 - brought / setting.whole
    return BASE * np.log(left) if left > 1e-6 else -np.inf


@compiled
def move_pool(setting: Setting, chain: Chain) -> None:
    """Draw which channels are idle and how far each stands apart, then mu, and propose another tau."""
    mu, tau = chain.pool
    freedom = setting.roas_tail
    constant = math_lgamma(0.5 * (freedom + 1.0)) - math_lgamma(0.5 * freedom) - 0.5 * np.log(np.pi * freedom)
    weight, total = 0.0, 0.0
    paid = 0
    for m in range(len(setting.paid)):
        if not setting.paid[m]:
            continue
        away = (chain.log_roas[m] - mu) / tau
        if setting.idle > 0.0:
            usual = constant - np.log(tau) - 0.5 * (freedom + 1.0) * np.log1p(away * away / freedom)
            idle = (chain.log_roas[m] - setting.idle_center) / setting.idle_spread
            nothing = -0.5 * idle * idle - np.log(setting.idle_spread) - 0.5 * np.log(2.0 * np.pi)
            odds = np.log(setting.idle / (1.0 - setting.idle)) + nothing - usual
            chain.idle[m] = np.log(np.random.random()) < -np.log1p(np.exp(min(-odds, 700.0)))
        if chain.idle[m]:
            chain.apart[m] = np.random.gamma(0.5 * freedom, 2.0 / freedom)
            continue
        chain.apart[m] = np.random.gamma(0.5 * (freedom + 1.0), 2.0 / (freedom + away * away))
        paid += 1
        weight += chain.apart[m]
        total += chain.apart[m] * chain.log_roas[m]
    precision = weight / tau**2 + 1.0 / setting.mu_spread**2
    mu = (total / tau**2 + setting.mu_center / setting.mu_spread**2) / precision
    mu += np.random.normal() / np.sqrt(precision)
    square = 0.0
    for m in range(len(setting.paid)):
        if setting.paid[m] and not chain.idle[m]:
            square += chain.apart[m] * (chain.log_roas[m] - mu) ** 2
    for _ in range(2):
        other = tau * np.exp(0.5 * np.random.normal())
        # One power of tau less: the step is on its logarithm.
        gain = (paid - 1) * np.log(tau / other) + 0.5 * square * (1.0 / tau**2 - 1.0 / other**2)
        gain += 0.5 * (tau**2 - other**2) / setting.tau_spread**2
        if other > LEAST_TAU and np.log(np.random.random()) < gain:
            tau = other
    chain.pool[0], chain.pool[1] = mu, tau
