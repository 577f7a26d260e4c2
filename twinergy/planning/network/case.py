# SPDX-License-Identifier: Apache-2.0
"""A question about hosting capacity: a network, its loads, and roofs that may be filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.courses import Courses
    from twinergy.planning.network.ac import Limits
    from twinergy.planning.network.linear import LinearFlow

    IntArray = NDArray[np.int64]

HOURS_PER_DAY: Final = 24.0


@dataclass(frozen=True, kw_only=True)
class HostingCase:
    """A network with its loads over a year and the roofs on it.

    Attributes
    ----------
    linear : LinearFlow
        The network; its connections are the rows below.
    limits : Limits
        Voltage band and greatest loadings.
    load_kw, q_kvar : ndarray, shape (n_connections, n_steps)
        What is drawn without the roofs, load frame. [kW], [kvar]
    yields_kw_per_kwp : ndarray, shape (n_orientations, n_steps)
        Power of a kWp, at least 0. [kW/kWp]
    connection, orientation : ndarray of int64, shape (n_roofs,)
        Connection and orientation of each roof.
    existing_kwp : ndarray, shape (n_roofs,)
        What is on it and stays. [kWp]
    room_kwp : ndarray, shape (n_roofs,)
        What may still be put on it. [kWp]
    tan_phi : float
        Reactive power that the inverters take up per active power they feed in; negative delivers. 0.3287 is cos phi 0.95. [-]
    step_h : float
        Length of a step. [h]
    """

    linear: LinearFlow
    limits: Limits
    load_kw: FloatArray
    q_kvar: FloatArray
    yields_kw_per_kwp: FloatArray
    connection: IntArray
    orientation: IntArray
    existing_kwp: FloatArray
    room_kwp: FloatArray
    tan_phi: float = 0.0
    step_h: float = 1.0

    def __post_init__(self) -> None:
        wrong = []
        for name in ("existing_kwp", "room_kwp"):
            values = getattr(self, name)
            bad = np.flatnonzero(~(values >= 0.0))
            if len(bad):
                wrong.append(f"{name} of roof {bad[0]} is {values[bad[0]]} kWp, allowed: 0 or more")
        if not self.room_kwp.sum() > 0.0:
            wrong.append("no roof has room: 0 kWp may be added, so there is nothing to ask")
        if not (self.yields_kw_per_kwp >= 0.0).all():
            wrong.append("a yield is negative or not a number, allowed: 0 kW/kWp or more")
        if not np.isfinite(self.load_kw.sum() + self.q_kvar.sum()):
            gap = int(np.flatnonzero(~np.isfinite(self.load_kw.sum(axis=0) + self.q_kvar.sum(axis=0)))[0])
            wrong.append(f"the loads have a gap in step {gap}: fill it or take a shorter horizon")
        if wrong:
            message = f"hosting capacity cannot be asked for: {'; '.join(wrong)}"
            raise ModelError(message)

    @classmethod
    def of(cls, courses: Courses, linear: LinearFlow, limits: Limits, *, cos_phi: float = 1.0) -> HostingCase:
        """Return the question for a community's year; its batteries rest, its wind blows, its cars charge as they come.

        Parameters
        ----------
        courses : Courses
            The year; its meters are the connections of `linear`, in the same order.
        linear : LinearFlow
            The network.
        limits : Limits
            Band and loadings.
        cos_phi : float
            Of new and old inverters while they feed in, taking up reactive power. [-]
        """
        row_of = {meter.id: row for row, meter in enumerate(courses.meters)}
        names = list(courses.yields)
        load_kw = courses.load_kw.copy()
        for name, wind_kw in courses.wind_kw.items():
            load_kw[row_of[name]] -= wind_kw
        for fleet in courses.cars:
            load_kw[row_of[fleet.connection]] += fleet.uncontrolled_kw
        return cls(
            linear=linear,
            limits=limits,
            load_kw=load_kw,
            q_kvar=courses.q_kvar,
            yields_kw_per_kwp=np.stack([courses.yields[name] for name in names]),
            connection=np.array([row_of[roof.connection] for roof in courses.roofs], dtype=np.int64),
            orientation=np.array([names.index(roof.orientation) for roof in courses.roofs], dtype=np.int64),
            existing_kwp=np.array([roof.existing_kwp for roof in courses.roofs]),
            room_kwp=np.array([roof.room_kwp for roof in courses.roofs]),
            tan_phi=tan_of(cos_phi),
            step_h=courses.step_h,
        )

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return int(self.load_kw.shape[1])

    @property
    def day(self) -> IntArray:
        """Day of each step, shape (n_steps,)."""
        return (np.arange(self.n_steps) * self.step_h // HOURS_PER_DAY).astype(np.int64)

    def per_connection(self, kwp: FloatArray) -> FloatArray:
        """Return installed power by connection and orientation, shape (n_connections, n_orientations). [kWp]."""
        found = np.zeros((self.load_kw.shape[0], len(self.yields_kw_per_kwp)))
        np.add.at(found, (self.connection, self.orientation), kwp)
        return found

    def generated(self, kwp: FloatArray) -> FloatArray:
        """Return what roofs with so much on them generate, shape (n_connections, n_steps). [kW]."""
        return np.asarray(self.per_connection(kwp) @ self.yields_kw_per_kwp)

    def loads(self, generated_kw: FloatArray, taken_kw: FloatArray | float = 0.0) -> tuple[FloatArray, FloatArray]:
        """Return active and reactive load with that generation, and with what batteries and cars take, load frame."""
        return self.load_kw - generated_kw + taken_kw, self.q_kvar + self.tan_phi * generated_kw


@dataclass(frozen=True, kw_only=True)
class Help:
    """What may help the network through its critical hours.

    Attributes
    ----------
    curtailed_share : float
        Share of its year's energy that each connection's roofs may lose. [-]
    take_kw : ndarray, shape (n_connections,) or (n_connections, n_steps), or None
        Power that batteries, or cars that are plugged in, can take more than they do. [kW]
    take_kwh : ndarray, shape (n_connections,), or None
        Energy they can take on one day, having given it back before the next. [kWh]
    kwh_per_kwp : float
        Price of a kWh of batteries that may be bought, in kWp of the sum that is made greatest; 0 buys none. [kWp/kWh]
    kw_per_kwh : float
        Power of the batteries that are bought. [kW/kWh]
    """

    curtailed_share: float = 0.0
    take_kw: FloatArray | None = None
    take_kwh: FloatArray | None = None
    kwh_per_kwp: float = 0.0
    kw_per_kwh: float = 0.5

    @property
    def anything(self) -> bool:
        """Whether there is any help."""
        return self.curtails or self.takes

    @property
    def curtails(self) -> bool:
        """Whether energy may be curtailed."""
        return self.curtailed_share > 0.0

    @property
    def takes(self) -> bool:
        """Whether batteries or cars take anything."""
        return self.take_kwh is not None or self.kwh_per_kwp > 0.0

    @classmethod
    def of_cars(cls, courses: Courses, case: HostingCase) -> Help:
        """Return the help of cars: what they charge on a day may be charged in any hour of it in which they are plugged in."""
        row_of = {meter.id: row for row, meter in enumerate(courses.meters)}
        take_kw, take_kwh = np.zeros(case.load_kw.shape), np.zeros(case.load_kw.shape[0])
        for fleet in courses.cars:
            row = row_of[fleet.connection]
            take_kw[row] += np.maximum(fleet.charge_kw - fleet.uncontrolled_kw, 0.0)
            take_kwh[row] += float(fleet.uncontrolled_kw.mean()) * HOURS_PER_DAY
        return cls(take_kw=take_kw, take_kwh=take_kwh)

    @classmethod
    def of_batteries(cls, capacity_kwh: Mapping[str, float], power_kw: Mapping[str, float], names: tuple[str, ...]) -> Help:
        """Return the help of batteries by connection, emptied before each day's sun. [kWh], [kW]."""
        energy, power = (np.array([given.get(name, 0.0) for name in names]) for given in (capacity_kwh, power_kw))
        return cls(take_kw=power, take_kwh=energy)


def tan_of(cos_phi: float) -> float:
    """Return the reactive per active power of a power factor.

    Raises
    ------
    ModelError
        If it is not above 0 and at most 1.
    """
    if not 0.0 < cos_phi <= 1.0:
        message = f"cos phi is {cos_phi}, allowed: above 0, at most 1"
        raise ModelError(message)
    return float(np.sqrt(1.0 - cos_phi**2) / cos_phi)
