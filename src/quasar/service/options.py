"""What a request may ask of a verification; see `models` for the requests themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, model_validator

from quasar.circuits.header import HeaderRule
from quasar.core.settings import SpeaksPlainly
from quasar.simulate.noisy.model import names_a_file
from quasar.verifier.reward import RewardWeights
from quasar.verifier.settings import (
    DeviceSettings,
    EnergyConvention,
    StageGate,
    VerifierSettings,
)


class ApiRequest(BaseModel, metaclass=SpeaksPlainly):
    """Base of all requests: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class LargeOptions(ApiRequest):
    """How hard to look at a circuit beyond 24 qubits; what is left out is the service's own, which
    is also the most that can be asked for.
    """

    shots: int | None = Field(default=None, ge=1)
    """Samples drawn."""
    max_bond: int | None = Field(default=None, ge=1)
    """Bond dimension of the state that they are drawn from."""
    max_width: int | None = Field(default=None, ge=1)
    """Variables of the largest tensor of an exact mean."""
    time_limit: float | None = Field(default=None, gt=0)
    """Seconds for the optimum and its bound."""
    energy_seconds: float | None = Field(default=None, gt=0)
    """Seconds for the exact energy, predicted."""
    sample_seconds: float | None = Field(default=None, gt=0)
    """Seconds for the samples, predicted."""
    seed: int | None = Field(default=None, ge=0)
    """Of samples and solvers."""
    solve: bool | None = None
    """Look for the optimum."""
    sample: bool | None = None
    """Draw samples."""


def _plain_name(name: str) -> str:
    """Names only: a service opens no file that a request names."""
    if not all(c.isalnum() or c in "_:-" for c in name):
        raise ValueError("device is a name, such as fake_torino")
    return name


DeviceName = Annotated[str, Field(max_length=80), AfterValidator(_plain_name)]


class DeviceOptions(ApiRequest):
    """A circuit under noise. Takes seconds: problems have at most 12 variables."""

    device: DeviceName | None = None
    """Name of a device: `fake_torino` or another snapshot, `generic:27:heavy-hex`, `ions:11`."""
    noise: str | None = Field(default=None, max_length=400)
    """Noise model, such as `depolarizing:0.001,0.01+readout:0.02`; None: the device's."""
    mitigate: str = Field(default="", max_length=200)
    """Steps of mitigation, such as `readout,zne`."""
    shots: int | None = Field(default=None, ge=1, le=10_000_000)
    """Shots of each circuit; None: endlessly many."""
    seed: int = Field(default=0, ge=0)
    """Of shots, trajectories and twirls."""

    @model_validator(mode="after")
    def _no_files(self) -> DeviceOptions:
        """Models only, and one of both."""
        if self.noise is not None and names_a_file(self.noise):
            raise ValueError("noise begins with a model, such as depolarizing:P1,P2 or device")
        if self.device is None and self.noise is None:
            raise ValueError("give a device or noise")
        return self


class VerifyOptions(ApiRequest):
    """What to measure. Limits are the service's and cannot be raised by a request."""

    max_stage: int = Field(default=4, ge=1, le=4)
    """Last stage: 1 feasibility, 2 similarity to the reference, 3 energy, 4 utility."""
    energy_convention: EnergyConvention = "physical"
    """`agent-q` reverses the Hamiltonian's qubits, as the paper's tables do."""
    quality: bool = True
    """Also measure size and entanglement."""
    decode_top_states: bool = Field(
        default=True, validation_alias=AliasChoices("decode_top_states", "readings")
    )
    """With `quality`, also decode the most probable states; off is faster."""
    header: HeaderRule = "language"
    """Which version statement a circuit needs: any of OpenQASM 3 (`language`), or the text
    `OPENQASM 3.0` (`published`). `parses` follows the published rule in either case."""
    gate: StageGate = StageGate()
    """When later stages run."""
    reward: RewardWeights = RewardWeights()
    """How the reward is computed."""
    large: LargeOptions | None = None
    """Of circuits beyond 24 qubits."""
    device: DeviceOptions | None = None
    """Also judge the circuit under noise; `report.device` has what was found."""

    def settings(self) -> VerifierSettings:
        """The verifier's settings; `large` is for the service to grant."""
        fields = {name: value for name, value in self if name != "large"}
        if self.device is not None:
            fields["device"] = DeviceSettings(**dict(self.device))
        return VerifierSettings(**fields)
