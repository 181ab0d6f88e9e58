"""Adstock and saturation: from what was spent to what is felt."""

import numpy as np

from engine.model.compiled import Matrix, Vector, compiled


@compiled
def geometric_adstock(x: Vector, theta: float) -> Vector:
    """Carry a share `theta` of each period's effect into the next.

    x: (T,) spend or exposure per period, >= 0. theta in [0, 1).
    Returns (T,). y[t] = x[t] + theta * y[t-1], as Robyn's adstock_geometric: not normalised, so that the sum
    grows by up to 1 / (1 - theta).
    """
    carried = np.empty_like(x)
    carried[0] = x[0]
    for t in range(1, len(x)):
        carried[t] = x[t] + theta * carried[t - 1]
    return carried


@compiled
def inflexion(adstocked: Vector, gamma: float) -> float:
    """Return the input at which half of the full effect is reached.

    adstocked: (N,) in the window, not all 0. gamma in (0, 1], a share of the largest value.
    """
    return gamma * np.max(adstocked)


@compiled
def hill(x: Vector, alpha: float, half: float) -> Vector:
    """Saturate: x^alpha / (x^alpha + half^alpha), as Robyn's saturation_hill.

    x: (N,) >= 0. alpha > 0: below 1 the curve is steepest at once, above 1 it is S-shaped. half > 0: the
    inflexion. Returns (N,) in [0, 1).
    """
    saturated: Vector = x**alpha / (x**alpha + half**alpha)
    return saturated


@compiled
def design(
    base: Matrix, media: Matrix, start: int, stop: int, alphas: Vector, gammas: Vector, thetas: Vector
) -> Matrix:
    """Return the design matrix: adstock over all rows, saturation over the window start:stop only.

    base: (N, B) untransformed columns in the window. media: (M, T). alphas, gammas, thetas: (M,).
    Returns (N, B + M).
    """
    width = base.shape[1]
    x = np.empty((stop - start, width + len(media)))
    x[:, :width] = base
    for m in range(len(media)):
        felt = geometric_adstock(media[m], thetas[m])[start:stop]
        x[:, width + m] = hill(felt, alphas[m], inflexion(felt, gammas[m]))
    return x
