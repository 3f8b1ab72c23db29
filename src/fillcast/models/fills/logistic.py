"""P(fill within a horizon) from what is known when the order joins: a logistic model, fitted here.

Features are standardised with the mean and deviation of the sample, a normal prior of variance 1 / ridge is put on the
coefficients (not on the intercept), and the penalised likelihood is maximised by iteratively reweighted least squares
with halved steps. `signs` holds a coefficient on one side of zero, by projection on the bound, where the direction is
known: more queue ahead never makes a fill likelier. Standard errors are those of the inverse penalised information,
coefficients at their bound taken as fixed. Source: Hastie, Tibshirani and Friedman, "The Elements of Statistical
Learning" (2009), section 4.4.1; Bertsekas, SIAM J. Control 20(2) 221-246 (1982) for the projected step.

An order that was cancelled before the horizon has no label: pass the labels and weights of `hazard.known_by`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.estimate import Estimate, two_sided
from fillcast.models.samples import same_length, series

FloatArray = NDArray[np.float64]

MAX_STEPS = 100  # Newton needs fewer than 10 on data that can be fitted
HALVINGS = 40  # of a step that does not improve; below it rounding decides
GRADIENT_TOLERANCE = 1e-9  # per observation, in units of the log-likelihood
LEAST_INFORMATION = 1e-7  # per observation, in any direction: with less the likelihood is flat and the fit is nowhere
RIDGE = (
    1.0  # prior variance 1 of a standardised coefficient: odds change e-fold by one deviation. A prior, no estimate.
)


@dataclass(frozen=True, slots=True)
class LogisticFill:
    """A fitted model.

    Attributes
    ----------
    names
        k features.
    means, deviations
        (k,) of the sample; the deviation of a feature that never changes is 1.
    coefficients
        (k + 1,) intercept first, then those of the standardised features, in log odds.
    covariance
        (k + 1, k + 1) of the coefficients; rows of those at their bound are zero.
    n
        Number of observations of positive weight.
    """

    names: tuple[str, ...]
    means: FloatArray
    deviations: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    n: int

    @property
    def standard_errors(self) -> FloatArray:
        """(k + 1,) of the coefficients."""
        errors: FloatArray = np.sqrt(np.diag(self.covariance))
        return errors

    def probability(self, features: ArrayLike) -> FloatArray:
        """Return P(fill within the horizon that the labels were made for): features (..., k) -> (...)."""
        return _sigmoid(self._design(features) @ self.coefficients)

    def estimate(self, features: ArrayLike, level: float) -> Estimate:
        """Return the same for one order, with the interval that is normal in the log odds."""
        row, z = self._design(features), two_sided(level)
        if row.ndim != 1:
            raise ParameterError(f"features must be those of one order, not of shape {row.shape[:-1]}")
        odds, reach = float(row @ self.coefficients), z * math.sqrt(float(row @ self.covariance @ row))
        value, low, high = (float(part) for part in _sigmoid(np.array([odds, odds - reach, odds + reach])))
        return Estimate(value, low, high, level, self.n)

    def _design(self, features: ArrayLike) -> FloatArray:
        finite("features", features)
        array = np.asarray(features, dtype=np.float64)
        if array.shape[-1:] != (len(self.names),):
            raise ParameterError(f"features must end in {len(self.names)} values, not in shape {array.shape}")
        return _with_intercept((array - self.means) / self.deviations)


def fit_logistic(
    names: tuple[str, ...],
    features: ArrayLike,
    filled: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    signs: tuple[int, ...] | None = None,
    ridge: float = RIDGE,
) -> LogisticFill:
    """Return the fitted model.

    Parameters
    ----------
    names, features
        k names and (n, k) values.
    filled
        (n,) whether each order filled within the horizon.
    weights
        (n,) >= 0; None: 1 each.
    signs
        For each feature -1, 0 or 1: its coefficient is at most zero, free, or at least zero. None: all free.
    ridge
        >= 0, one over the prior variance of a standardised coefficient. With 0, data that can be separated have no fit.

    Raises
    ------
    ParameterError
        For inputs that do not fit together, one class only, or a fit that does not settle.
    """
    values, labels = series("features", features), np.asarray(filled, dtype=np.bool_)
    if values.ndim != 2 or values.shape[1] != len(names):
        raise ParameterError(f"features must be (n, {len(names)}) for {len(names)} names, not {values.shape}")
    weight = np.ones(len(labels)) if weights is None else series("weights", weights)
    same_length(filled=labels, features=values[:, 0], weights=weight)
    not_negative("weights", weight)
    not_negative("ridge", ridge)
    bound = _checked_signs(signs, len(names))
    mass = float(weight.sum())
    positive("sum of weights", mass)
    share = float(weight @ labels) / mass
    if not 0.0 < share < 1.0:
        raise ParameterError(f"filled must have orders of both kinds: {share:.0%} of {len(labels)} filled")

    means = weight @ values / mass
    spread = np.sqrt(weight @ (values - means) ** 2 / mass)
    deviations = np.where(spread > 0.0, spread, 1.0)
    design = _with_intercept((values - means) / deviations)
    penalty = np.concatenate(([0.0], np.full(len(names), ridge)))
    start = np.zeros(design.shape[1])
    start[0] = math.log(share / (1.0 - share))
    beta, information, free = _maximise(design, labels.astype(np.float64), weight, penalty, bound, start)
    covariance = np.zeros_like(information)
    covariance[np.ix_(free, free)] = np.linalg.inv(information[np.ix_(free, free)])
    return LogisticFill(tuple(names), means, deviations, beta, covariance, int((weight > 0).sum()))


def _maximise(
    design: FloatArray,
    labels: FloatArray,
    weight: FloatArray,
    penalty: FloatArray,
    bound: NDArray[np.int64],
    beta: FloatArray,
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return the maximum, the penalised information there, and which coefficients are not at their bound."""

    def objective(at: FloatArray) -> float:
        odds = design @ at
        return float(weight @ (labels * odds - np.logaddexp(0.0, odds)) - 0.5 * penalty @ at**2)

    best = objective(beta)
    for _ in range(MAX_STEPS):
        chance = _sigmoid(design @ beta)
        gradient = design.T @ (weight * (labels - chance)) - penalty * beta
        information = design.T @ (design * (weight * chance * (1.0 - chance))[:, None]) + np.diag(penalty)
        free = ~((bound != 0) & (beta == 0.0) & (gradient * bound <= 0.0))
        if np.abs(gradient[free]).max(initial=0.0) <= GRADIENT_TOLERANCE * weight.sum():
            if np.linalg.eigvalsh(information[np.ix_(free, free)])[0] < LEAST_INFORMATION * weight.sum():
                break
            return beta, information, free
        step = np.zeros_like(beta)
        try:
            step[free] = np.linalg.solve(information[np.ix_(free, free)], gradient[free])
        except np.linalg.LinAlgError:
            break
        for halving in range(HALVINGS):
            trial = beta + step * 0.5**halving
            trial = np.where(bound * trial < 0.0, 0.0, trial)
            value = objective(trial)
            if value >= best:
                break
        else:
            break
        beta, best = trial, value
    raise ParameterError(
        "features must allow a fit: the labels can be separated by them, or two say the same; raise ridge"
    )


def _checked_signs(signs: tuple[int, ...] | None, k: int) -> NDArray[np.int64]:
    if signs is None:
        return np.zeros(k + 1, dtype=np.int64)
    if len(signs) != k or any(sign not in (-1, 0, 1) for sign in signs):
        raise ParameterError(f"signs must be {k} values of -1, 0 or 1, not {signs!r}")
    return np.array((0, *signs), dtype=np.int64)


def _with_intercept(standardised: FloatArray) -> FloatArray:
    return np.concatenate((np.ones((*standardised.shape[:-1], 1)), standardised), axis=-1)


def _sigmoid(odds: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * odds)), dtype=np.float64)
