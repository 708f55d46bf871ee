"""What the verifier measures, within which limits, and how the reward weighs it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AliasChoices, Field, field_validator

from quasar.circuits.header import HeaderRule
from quasar.circuits.parameters import read_values
from quasar.core.errors import InputError
from quasar.core.settings import Settings
from quasar.verifier.reward import RewardWeights

EnergyConvention = Literal["physical", "agent-q"]
MeasurementRule = Literal["program", "all-qubits"]
BUILT_IN_STAGES = ("behaviour", "objective", "utility")
"""Stages 2 to 4; stage 1, feasibility, always runs. Of problems that ask for a ground state, stage
`ground` runs with the objective stage."""


MAX_LARGE_CHARACTERS = 20_000_000
"""Length of a text for a problem beyond 24 qubits, in characters."""


class Limits(Settings):
    """What a circuit may ask for before it counts as infeasible."""

    max_characters: int = Field(default=1_000_000, ge=1)
    """Length of the text in characters."""
    max_qubits: int = Field(default=24, ge=1, le=24)
    """Qubits simulated exactly."""
    max_gates: int = Field(default=100_000, ge=1)
    """Gates after unrolling loops and gate definitions."""


class LargeSettings(Settings):
    """How hard to look at a circuit of more qubits than are enumerated."""

    shots: int = Field(default=1024, ge=1, le=1_000_000)
    """Samples drawn."""
    max_bond: int = Field(default=64, ge=1, le=4096)
    """Bond dimension of the matrix product state that they are drawn from."""
    max_width: int = Field(default=24, ge=1, le=28)
    """Variables of the largest tensor of an exact mean; memory is 16 bytes times 2 to this."""
    time_limit: float = Field(default=15.0, gt=0)
    """Seconds for the optimum and its bound."""
    seed: int = Field(default=0, ge=0)
    """Of samples and solvers."""
    energy_seconds: float = Field(default=600.0, gt=0)
    """Seconds that the exact energy may take, predicted from its multiplications; one that would
    take longer is not computed."""
    sample_seconds: float = Field(default=20.0, gt=0)
    """Seconds that the samples may take, about; the bond dimension is lowered to keep to it."""
    solve: bool = True
    """Look for the optimum."""
    sample: bool = True
    """Draw samples, where quimb is installed."""
    solver_threads: int | None = Field(default=None, ge=1)
    """Threads of the solvers; None: one a core. With one, a run gives the same result again."""

    def within(self, seconds: float, problem_seconds: float) -> LargeSettings:
        """These settings, lowered so that all fits into the time of one circuit.

        Args:
            seconds: for the circuit: its energy and samples.
            problem_seconds: for what depends on the problem alone: the optimum and its bounds.
        """
        return self.model_copy(
            update={
                "energy_seconds": min(self.energy_seconds, _ENERGY_PART * seconds),
                "sample_seconds": min(self.sample_seconds, _SAMPLES_PART * seconds),
                "time_limit": min(self.time_limit, _SOLVER_PART * problem_seconds),
            }
        )


_ENERGY_PART, _SAMPLES_PART = 0.4, 0.4  # of the time of a circuit; the rest is for reading it
_SOLVER_PART = 0.25  # of the time for a problem, for each of the two ends of its energies


class StageGate(Settings):
    """When later, more expensive stages are worth their cost."""

    mode: Literal["off", "thresholds", "published"] = "off"
    """`off`: every stage asked for. `thresholds`: a stage runs when the one before passed its
    threshold and time is left. `published`: the stages that the `gated` reward needs."""
    behaviour_threshold: float = Field(default=0.1, ge=0, le=1)
    """Least behaviour score for the objective stage in mode `thresholds`."""
    objective_threshold: float = Field(default=0.5, ge=0, le=1)
    """Least objective score for the utility stage in mode `thresholds`."""
    budget_s: float | None = Field(default=None, gt=0)
    """Seconds for one circuit; no further stage starts once they are spent. None: no limit."""


class UtilitySettings(Settings):
    """The optimiser run that measures how good a starting point the circuit's angles are."""

    max_evaluations: int = Field(default=80, ge=1)
    """Evaluations of the energy at most."""
    tolerance: float = Field(default=1e-6, gt=0)
    """Final trust-region radius of COBYLA, radians."""
    max_seconds: float | None = Field(default=None, gt=0)
    """Processor seconds of one verification after which the stage is skipped as not finished.
    None: no limit. Which circuits are cut short can differ between machines."""


class DeviceSettings(Settings):
    """How circuits are judged under noise.

    Raises:
        InputError: an unknown field, or a value out of range.
    """

    device: str | None = None
    """Name of a device, such as `fake_torino`, or a device file. None: circuits are not compiled,
    and `noise` says all."""
    noise: str | None = None
    """The noise model, such as `depolarizing:0.001,0.01+readout:0.02`; None: the device's."""
    mitigate: str = ""
    """Steps of mitigation, such as `readout,zne`."""
    shots: int | None = Field(default=None, ge=1, le=1_000_000_000)
    """Shots of each circuit; None: endlessly many."""
    seed: int = Field(default=0, ge=0)
    """Of shots, trajectories and twirls."""
    trajectories: int = Field(default=256, ge=2)
    """Where density matrices are too large."""


class VerifierSettings(Settings):
    """All settings of the verifier.

    Raises:
        InputError: an unknown field, or a value out of range.
    """

    max_stage: int = Field(default=4, ge=1, le=4)
    """Last stage to compute: 1 feasibility, 2 behaviour, 3 objective, 4 utility."""
    stages: tuple[str, ...] | None = None
    """Names of the stages to compute after feasibility, built-in or of other packages
    (`verifier.stages.stage`). None: the built-in ones up to `max_stage`."""
    energy_convention: EnergyConvention = "physical"
    """`agent-q` reverses the qubits of the Hamiltonian, as the paper's tables do."""
    measurement: MeasurementRule = "program"
    """Where the answer is. `program`: in the classical bits that the program measures, by the rules
    of `circuits.measurement`; `all-qubits`: in all qubits, regardless of what it measures, as
    in the paper's tables."""
    quality: bool = True
    """Also measure entanglement and gate statistics, for people and tables."""
    decode_top_states: bool = Field(
        default=True, validation_alias=AliasChoices("decode_top_states", "readings")
    )
    """With `quality`, also decode the most probable states and write remarks; off in bulk use."""
    effective: bool | None = None
    """With `quality`, also find which gates have an effect and how many numbers they carry, a few
    milliseconds a circuit. None: as `decode_top_states`, so off in bulk use."""
    engine: str = "qulacs"
    """Simulator of candidates."""
    reference_engine: str = "qiskit"
    """Simulator of the reference. The relative entropy takes logarithms of probabilities far below
    rounding, so published figures are met only with the arithmetic they were made with."""
    header: HeaderRule = "published"
    """Which version statement a circuit needs to be feasible. `published`: the text contains
    `OPENQASM 3.0`, as the paper's tables ask; `language`: any of OpenQASM 3, or none. `parses`
    always follows the published rule."""
    precision: float | None = Field(default=None, gt=0)
    """Standard error of the energy that the number of shots in stage `ground` is for; None: the
    accuracy that the problem asks for."""
    parameters: dict[str, float] = Field(default_factory=dict)
    """Values of the circuits' `input` parameters, where none come with a circuit: numbers, or
    arithmetic such as `pi/3`."""
    limits: Limits = Limits()
    """What a circuit may ask for."""
    gate: StageGate = StageGate()
    """When later stages run."""
    reward: RewardWeights = RewardWeights()
    """How the reward is computed."""
    utility: UtilitySettings = UtilitySettings()
    """Settings of stage 4."""
    large: LargeSettings = LargeSettings()
    """How circuits of more than 24 qubits are judged (`verifier.large`)."""
    device: DeviceSettings | None = None
    """Also judge the circuit under noise, see `Report.device`; None: not."""

    @field_validator("parameters", mode="before")
    @classmethod
    def _numbers(cls, given: Any) -> dict[str, float]:
        try:
            return read_values(given)
        except InputError as error:
            raise ValueError(str(error).rstrip(".")) from error

    @property
    def looks_closely(self) -> bool:
        """Whether `effective` is on."""
        return self.decode_top_states if self.effective is None else self.effective

    @property
    def stage_names(self) -> tuple[str, ...]:
        """The stages that may run: built-in ones in their order, then others as given."""
        if self.stages is None:
            return BUILT_IN_STAGES[: self.max_stage - 1]
        others = dict.fromkeys(name for name in self.stages if name not in BUILT_IN_STAGES)
        return (*(name for name in BUILT_IN_STAGES if name in self.stages), *others)

    def runs(self, stage: str) -> bool:
        """Whether a stage is asked for."""
        return stage in self.stage_names or (stage == "ground" and self.runs("objective"))
