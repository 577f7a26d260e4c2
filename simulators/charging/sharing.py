# SPDX-License-Identifier: Apache-2.0
"""How the points of a hub share its limit: first come first served for the least current, equal shares for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulators.charging.kernel import SLACK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


def share(wanted_kw: FloatArray, least_kw: FloatArray, since_s: FloatArray, hub: IntArray, limit_kw: FloatArray) -> FloatArray:
    """Return what each point gets of its hub's limit.

    A pilot signal cannot offer less than 6 A, so a small limit cannot be cut into ever smaller shares: points are admitted in
    the order in which their cars were plugged in as long as the least power of each fits, and what is left is filled up
    evenly (max-min fair) among those admitted.

    Parameters
    ----------
    wanted_kw : ndarray, shape (n_members,)
        Power each point would draw, never negative. [kW]
    least_kw : ndarray, shape (n_members,)
        Power below which a point pauses. [kW]
    since_s : ndarray, shape (n_members,)
        When its car was plugged in. [s]
    hub : ndarray of int, shape (n_members,)
        Number of each point's hub.
    limit_kw : ndarray, shape (n_hubs,)
        Limits. [kW]

    Returns
    -------
    ndarray, shape (n_members,)
        At most what is wanted, in sum at most the limit of each hub. [kW]
    """
    together = np.bincount(hub, weights=wanted_kw, minlength=len(limit_kw))
    if (together <= limit_kw * (1.0 + SLACK)).all():
        return wanted_kw
    first_kw = np.minimum(least_kw, wanted_kw)
    admitted = _admitted(first_kw, since_s, hub, limit_kw)
    first_kw = first_kw * admitted
    left_kw = np.maximum(limit_kw - np.bincount(hub, weights=first_kw, minlength=len(limit_kw)), 0.0)
    more_kw = (wanted_kw - first_kw) * admitted
    return np.asarray(first_kw + np.minimum(more_kw, _level(more_kw, hub, left_kw)[hub]), dtype=np.float64)


def _admitted(first_kw: FloatArray, since_s: FloatArray, hub: IntArray, limit_kw: FloatArray) -> FloatArray:
    order = np.lexsort((since_s, hub))
    reached = np.cumsum(first_kw[order])
    begins = np.searchsorted(hub[order], np.arange(len(limit_kw)))
    before = np.concatenate([[0.0], reached])[begins]
    fits = reached - before[hub[order]] <= limit_kw[hub[order]] * (1.0 + SLACK)
    admitted = np.empty(len(order))
    admitted[order] = fits
    return admitted


def _level(more_kw: FloatArray, hub: IntArray, left_kw: FloatArray) -> FloatArray:
    """Return the level up to which wishes are filled in each hub, shape (n_hubs,), in kW.

    With wishes in ascending order, the level is the largest of all "what is left after the j smallest, among the others".
    """
    order = np.lexsort((more_kw, hub))
    group = hub[order]
    number = np.arange(len(left_kw))
    begins, ends = np.searchsorted(group, number), np.searchsorted(group, number, side="right")
    place = np.arange(len(order)) - begins[group]
    filled = np.concatenate([[0.0], np.cumsum(more_kw[order])])
    smaller = filled[:-1] - filled[begins][group]
    levels = (left_kw[group] - smaller) / (ends[group] - begins[group] - place)
    level = np.zeros(len(left_kw))
    np.maximum.at(level, group, levels)
    return level
