# SPDX-License-Identifier: Apache-2.0
"""How a generated community varies: a value in a scenario may be a number or one of these distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from twinergy.options import Options, Positive

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np


class Uniform(Options):
    """Uniform between two values: ``{uniform: [low, high]}``."""

    uniform: tuple[float, float]

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.uniform[0] > self.uniform[1]:
            message = f"uniform goes from low to high, got {list(self.uniform)}"
            raise ValueError(message)
        return self

    def draw(self, rng: np.random.Generator, drawn: Mapping[str, Any]) -> float:  # noqa: ARG002
        """Return one value."""
        return float(rng.uniform(*self.uniform))


class Lognormal(Options):
    """Lognormal given by its mean and relative standard deviation: ``{lognormal: {mean: 3500, relative_sd: 0.3}}``."""

    class Parameters(Options):
        """Mean in the option's unit, relative standard deviation, optional bounds."""

        mean: Positive
        relative_sd: Annotated[float, Field(ge=0.0, le=2.0)]
        low: float | None = None
        high: float | None = None

    lognormal: Parameters

    def draw(self, rng: np.random.Generator, drawn: Mapping[str, Any]) -> float:  # noqa: ARG002
        """Return one value, cut at the bounds."""
        import math  # noqa: PLC0415

        given = self.lognormal
        variance = math.log1p(given.relative_sd**2)
        value = given.mean * math.exp(math.sqrt(variance) * float(rng.standard_normal()) - variance / 2.0)
        value = value if given.low is None else max(given.low, value)
        return value if given.high is None else min(given.high, value)


class Choice(Options):
    """One of several values with weights: ``{choice: {1: 0.2, 2: 0.8}}``, or equally likely: ``{choice: [30, 45]}``."""

    choice: dict[str, Annotated[float, Field(ge=0.0)]] | list[Any]

    @model_validator(mode="before")
    @classmethod
    def _text_keys(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("choice"), dict):
            return {**data, "choice": {str(key): weight for key, weight in data["choice"].items()}}
        return data

    @model_validator(mode="after")
    def _something(self) -> Choice:
        weights = list(self.choice.values()) if isinstance(self.choice, dict) else [1.0] * len(self.choice)
        if not weights or sum(weights) <= 0.0:
            message = "choice needs at least one value with a positive weight"
            raise ValueError(message)
        return self

    def draw(self, rng: np.random.Generator, drawn: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """Return one value; keys that look like numbers are numbers."""
        u = float(rng.random())
        if isinstance(self.choice, list):
            return self.choice[int(u * len(self.choice))]
        total = sum(self.choice.values())
        reached = 0.0
        last = ""
        for key, weight in self.choice.items():
            reached += weight / total
            last = key if weight > 0.0 else last
            if u < reached:
                break
        return _number(last)


class Scaled(Options):
    """A multiple of a value drawn before: ``{times: pv.p_dc_kwp, factor: 1.0}`` or of a dwelling's ``residents``."""

    times: str
    factor: float | Uniform = 1.0
    offset: float = 0.0

    def draw(self, rng: np.random.Generator, drawn: Mapping[str, Any]) -> float:
        """Return the multiple.

        Raises
        ------
        ValueError
            If nothing of that name was drawn for this home before.
        """
        if self.times not in drawn:
            message = f"nothing called {self.times!r} was drawn before; known: {', '.join(sorted(drawn))}"
            raise ValueError(message)
        factor = self.factor if isinstance(self.factor, float | int) else self.factor.draw(rng, drawn)
        return factor * float(drawn[self.times]) + self.offset


class Lookup(Options):
    """A value that depends on one drawn before, with a spread: ``{by: residents, values: {1: 2000}, relative_sd: 0.2}``."""

    by: str
    values: dict[str, float]
    relative_sd: Annotated[float, Field(ge=0.0, le=2.0)] = 0.0

    @model_validator(mode="before")
    @classmethod
    def _text_keys(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("values"), dict):
            return {**data, "values": {str(key): value for key, value in data["values"].items()}}
        return data

    def draw(self, rng: np.random.Generator, drawn: Mapping[str, Any]) -> float:
        """Return the value for what was drawn, with its lognormal spread.

        Raises
        ------
        ValueError
            If nothing of that name was drawn before or its value is not in the table.
        """
        key = str(drawn.get(self.by))
        if key not in self.values:
            message = f"{self.by!r} is {key}; the table has {', '.join(self.values)}"
            raise ValueError(message)
        spread = Lognormal(lognormal=Lognormal.Parameters(mean=self.values[key], relative_sd=self.relative_sd))
        return spread.draw(rng, drawn)


Distribution = Uniform | Lognormal | Choice | Scaled | Lookup
_BY_KEY: dict[str, type[Distribution]] = {
    "uniform": Uniform,
    "lognormal": Lognormal,
    "choice": Choice,
    "times": Scaled,
    "by": Lookup,
}


def distribution(value: Any) -> Distribution | None:
    """Return the distribution a scenario value describes, None for a plain value.

    Raises
    ------
    pydantic.ValidationError
        If it names a distribution but is not well formed.
    """
    if isinstance(value, dict):
        for key, model in _BY_KEY.items():
            if key in value:
                return model.model_validate(value)
    return None


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
