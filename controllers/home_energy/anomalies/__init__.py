# SPDX-License-Identifier: Apache-2.0
"""Anomalies of appliances and plugs (PUC01.01): found in what gateways measure, with a stated false-alarm rate."""

from controllers.home_energy.anomalies.findings import FALSE_ALARMS_PER_HOME_YEAR, Anomaly, AnomalyKind, CannotTell, Watched
from controllers.home_energy.anomalies.watch import Detector, Watch

__all__ = ["FALSE_ALARMS_PER_HOME_YEAR", "Anomaly", "AnomalyKind", "CannotTell", "Detector", "Watch", "Watched"]
