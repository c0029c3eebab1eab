"""Settings of the group `calibration`."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING


@dataclass
class CalibrationConfig:
    """How each member's probabilities are corrected before they are combined."""

    # The calibration: its dotted path.
    _target_: str = MISSING


@dataclass
class NoCalibrationConfig(CalibrationConfig):
    """conf/calibration/none.yaml."""

    # The calibration.
    _target_: str = "lfx.fusion.calibration.none.NoCalibration"


@dataclass
class TemperatureCalibrationConfig(CalibrationConfig):
    """conf/calibration/temperature.yaml."""

    # The calibration.
    _target_: str = "lfx.fusion.calibration.temperature.Temperature"


@dataclass
class VectorCalibrationConfig(CalibrationConfig):
    """conf/calibration/vector.yaml."""

    # The calibration.
    _target_: str = "lfx.fusion.calibration.vector.Vector"
