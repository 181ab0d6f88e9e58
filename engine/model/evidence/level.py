"""What is sold without media, integrated out: its coefficients and the size of the noise, in machine code.

The baseline's K columns have normal priors in units of the noise, and each period has a weight, small where it is odd.
For one way to leave the baseline open (`Setting.scales`), one echo and weights w, a residual r of y less all media has
a log likelihood of -N/2·log(r'r - |q r|²) - Σ log diag(L) + log(1 - echo²)/2 up to what depends on w alone, r whitened
and weighted, L the Cholesky factor of 1 + D'D and q = L⁻¹D' of the whitened and weighted columns D.
"""

import numpy as np

from engine.model.fit.compiled import Matrix, Vector, compiled, vectorised

# A fit is never taken to be better than this share of what the baseline alone leaves: data without noise exist too.
BEST_FIT = 1e-8
# Moves of the noise's size and tails at a look.
TURNS = 6


@vectorised
def dot(a: Vector, b: Vector) -> float:
    """Return the sum of products."""
    found = 0.0
    for t in range(len(a)):
        found += a[t] * b[t]
    return found


@compiled
def whiten(x: Vector, echo: float, roots: Vector, out: Vector) -> None:
    """Write x so that noise of which a share `echo` lasts into the next period is new and equal in each period.

    roots: (N,) square roots of the weights.
    """
    out[0] = np.sqrt(1.0 - echo * echo) * x[0] * roots[0]
    for t in range(1, len(x)):
        out[t] = (x[t] - echo * x[t - 1]) * roots[t]


@vectorised
def _grams(rows: Matrix, out: Matrix) -> None:
    for i in range(len(rows)):
        for j in range(i + 1):
            found = 0.0
            for t in range(rows.shape[1]):
                found += rows[i, t] * rows[j, t]
            out[i, j] = found


@vectorised
def _subtract(row: Vector, other: Vector, factor: float) -> None:
    for t in range(len(row)):
        row[t] -= factor * other[t]


@compiled
def factorise(design: Matrix, scale: Vector, echo: float, roots: Vector, shadow: Matrix, lower: Matrix) -> float:
    """Write q into `shadow`, (K, N), and L into `lower`, (K, K). Returns the log likelihood's part without r.

    design: (K, N) columns, one a row, in units of the noise. scale: (K,) their prior standard deviations; 0 leaves a
    column out.
    """
    count = len(design)
    for k in range(count):
        whiten(design[k], echo, roots, shadow[k])
        for t in range(shadow.shape[1]):
            shadow[k, t] *= scale[k]
    _grams(shadow, lower)
    found = 0.5 * np.log(1.0 - echo * echo)
    for j in range(count):
        square = 1.0 + lower[j, j]
        for k in range(j):
            square -= lower[j, k] * lower[j, k]
        root = np.sqrt(max(square, 1e-12))
        lower[j, j] = root
        found -= np.log(root)
        for i in range(j + 1, count):
            value = lower[i, j]
            for k in range(j):
                value -= lower[i, k] * lower[j, k]
            lower[i, j] = value / root
    for i in range(count):
        for j in range(i):
            if lower[i, j] != 0.0:
                _subtract(shadow[i], shadow[j], lower[i, j])
        for t in range(shadow.shape[1]):
            shadow[i, t] /= lower[i, i]
    return float(found)


@compiled
def project(shadow: Matrix, x: Vector, out: Vector) -> None:
    """Write q x into `out`, (K,)."""
    for k in range(len(shadow)):
        out[k] = dot(shadow[k], x)


@compiled
def draw_noise(
    design: Matrix, scale: Vector, echo: float, lower: Matrix, residual: Vector, seen: Vector, left: float, out: Vector
) -> tuple[float, float, int]:
    """Draw the noise's size and the baseline's coefficients; write what is left, unweighted and new, into `out`.

    residual: (N,) of y less all media. seen: (K,) its projection. left: its sum of squares without the baseline.
    Returns the size drawn, in units of y, and the squares of the coefficients, in units of their priors, and how many.
    """
    count, rows = len(seen), len(residual)
    size = np.sqrt(left / np.random.chisquare(rows))
    coefficients = np.empty(count)
    for k in range(count):
        coefficients[k] = seen[k] + size * np.random.normal()
    # Back through L': coefficients of the scaled columns.
    for i in range(count - 1, -1, -1):
        value = coefficients[i]
        for j in range(i + 1, count):
            value -= lower[j, i] * coefficients[j]
        coefficients[i] = value / lower[i, i]
    told = residual.copy()
    square, used = 0.0, 0
    for k in range(count):
        if scale[k] != 0.0:
            _subtract(told, design[k], scale[k] * coefficients[k])
            square += coefficients[k] * coefficients[k]
            used += 1
    out[0] = np.sqrt(1.0 - echo * echo) * told[0]
    for t in range(1, rows):
        out[t] = told[t] - echo * told[t - 1]
    return float(size), square, used


@compiled
def _tailed(noise: Vector, size: float, freedom: float, square: float, used: int) -> float:
    """Return the log density of Student noise of this size, and of coefficients whose priors are in units of it."""
    found = len(noise) * (math_lgamma(0.5 * (freedom + 1.0)) - math_lgamma(0.5 * freedom) - 0.5 * np.log(freedom))
    found -= (len(noise) + used) * np.log(size) + 0.5 * square / (size * size)
    for t in range(len(noise)):
        away = noise[t] / size
        found -= 0.5 * (freedom + 1.0) * np.log1p(away * away / freedom)
    return float(found)


@compiled
def draw_tails(
    noise: Vector, size: float, square: float, used: int, tails: Vector, tail: int, weights: Vector
) -> tuple[float, int]:
    """Draw the noise's size, how heavy its tails are, and each period's weight: Student noise as a mixture of normals.

    Size and tails go first, with the weights integrated out: those of one kind of tail hold fast to it. noise, square,
    used: as from `draw_noise`. tails: degrees of freedom to choose from; tail: which is in use. Returns size and tail.
    """
    density = _tailed(noise, size, tails[tail], square, used)
    for turn in range(TURNS):
        other, at = size, tail
        if turn % 2 == 0 or len(tails) == 1:
            other = size * np.exp((0.5 if turn % 4 == 0 else 0.1) * np.random.normal())
        else:
            # Heavier tails leave less for the size.
            at = (tail + np.random.randint(1, len(tails))) % len(tails)
            other = size * np.exp(0.2 * np.random.normal())
        proposed = _tailed(noise, other, tails[at], square, used)
        if np.log(np.random.random()) < proposed - density:
            size, tail, density = other, at, proposed
    freedom = tails[tail]
    for t in range(len(noise)):
        away = noise[t] / size
        weights[t] = np.random.gamma(0.5 * (freedom + 1.0), 2.0 / (freedom + away * away))
    return size, tail


@compiled
def math_lgamma(x: float) -> float:
    """Return log Γ(x), x > 0. Stirling's series above 7, reached by Γ(x + 1) = x Γ(x): within 1e-10."""
    shift = 0.0
    while x < 7.0:
        shift -= np.log(x)
        x += 1.0
    inverse = 1.0 / (x * x)
    series = (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse / 1680.0))) / x
    return float(shift + (x - 0.5) * np.log(x) - x + 0.9189385332046727 + series)
