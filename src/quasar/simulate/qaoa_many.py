"""QAOA energies of many Hamiltonians of one size at once, on a GPU or CPU, with PyTorch.

Row b of a batch is a Hamiltonian of its own with angles of its own. The mixer exp(-iβΣX) is
diagonal between two Walsh-Hadamard transforms, which are products with constant real matrices; the
gradient goes back through the layers and takes twice the time of the energy (adjoint
differentiation, Jones and Gacon, arXiv:2009.02823). Single precision: energies are right to about
10^-5 of their range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

FloatArray = npt.NDArray[np.float64]
_FACTOR = 6  # qubits that one matrix of the transform takes


class QaoaMany:
    """Energies and gradients of rows (Hamiltonian, angles)."""

    def __init__(
        self, diagonals: npt.NDArray[Any], device: str = "cpu", *, amplitudes: int = 1 << 27
    ) -> None:
        """Put the energies onto the device.

        Args:
            diagonals: energies of all basis states, shape [M, D], D a power of two.
            device: of PyTorch.
            amplitudes: of one batch; what does not fit is done in parts.
        """
        import torch

        self._torch = torch
        self.diagonals = torch.as_tensor(np.asarray(diagonals, np.float32), device=device)
        size = self.diagonals.shape[1]
        self.n_qubits = size.bit_length() - 1
        weights = np.array([k.bit_count() for k in range(size)])
        mixer = (self.n_qubits - 2 * weights).astype(np.float32)
        self._mixer = torch.as_tensor(mixer, device=device)
        self._blocks = _blocks(self.n_qubits)
        self._hadamards = {k: _hadamard(k, device) for k in set(self._blocks)}
        self._rows = max(1, amplitudes // size)

    def value(self, theta: FloatArray, rows: npt.NDArray[np.intp]) -> FloatArray:
        """Energies [B] at angles [B, 2p] (γ_1..γ_p, β_1..β_p) of the Hamiltonians `rows` [B]."""
        found = [self._forward(t, r)[1].double().cpu().numpy() for t, r in self._parts(theta, rows)]
        return np.concatenate(found)

    def value_and_gradient(
        self, theta: FloatArray, rows: npt.NDArray[np.intp]
    ) -> tuple[FloatArray, FloatArray]:
        """Energies [B] and gradients [B, 2p]."""
        values, slopes = [], []
        for t, r in self._parts(theta, rows):
            value, slope = self._with_gradient(t, r)
            values.append(value.double().cpu().numpy())
            slopes.append(slope.double().cpu().numpy())
        return np.concatenate(values), np.concatenate(slopes)

    def _parts(self, theta: FloatArray, rows: npt.NDArray[np.intp]) -> Any:
        torch, device = self._torch, self.diagonals.device
        for start in range(0, len(theta), self._rows):
            own = slice(start, start + self._rows)
            yield (
                torch.as_tensor(theta[own], dtype=torch.float32, device=device),
                torch.as_tensor(rows[own], device=device),
            )

    def _forward(self, theta: torch.Tensor, rows: torch.Tensor) -> tuple[Any, Any]:
        """Final state [2, B, D], real and imaginary part, and energies."""
        torch = self._torch
        own = self.diagonals[rows]
        layers = theta.shape[1] // 2
        psi = torch.zeros((2, *own.shape), device=own.device)
        psi[0] = own.shape[1] ** -0.5
        with torch.inference_mode():
            for layer in range(layers):
                psi = _turned(psi, theta[:, layer, None] * own)
                psi = self._transform(psi)
                psi = _turned(psi, theta[:, layers + layer, None] * self._mixer)
                psi = self._transform(psi)
            return psi, ((psi * psi).sum(0) * own).sum(1)

    def _with_gradient(self, theta: torch.Tensor, rows: torch.Tensor) -> tuple[Any, Any]:
        torch = self._torch
        psi, value = self._forward(theta, rows)
        own = self.diagonals[rows]
        layers = theta.shape[1] // 2
        slope = torch.zeros_like(theta)
        with torch.inference_mode():
            adjoint = psi * own
            for layer in range(layers - 1, -1, -1):
                psi, adjoint = self._transform(psi), self._transform(adjoint)
                slope[:, layers + layer] = _slope(adjoint, psi, self._mixer)
                back = -theta[:, layers + layer, None] * self._mixer
                psi, adjoint = _turned(psi, back), _turned(adjoint, back)
                psi, adjoint = self._transform(psi), self._transform(adjoint)
                slope[:, layer] = _slope(adjoint, psi, own)
                back = -theta[:, layer, None] * own
                psi, adjoint = _turned(psi, back), _turned(adjoint, back)
        return value, slope

    def _transform(self, psi: torch.Tensor) -> Any:
        """Normalised Walsh-Hadamard transform of the last axis: one block of qubits at a time."""
        shape = psi.shape
        right = 1
        for block in self._blocks:
            hadamard = self._hadamards[block]
            if right == 1:  # one product of two matrices, not one for each row
                psi = psi.reshape(-1, 1 << block) @ hadamard
            else:
                psi = hadamard @ psi.reshape(-1, 1 << block, right)
            right <<= block
        return psi.reshape(shape)


def _blocks(n_qubits: int) -> list[int]:
    """Numbers of qubits of at most `_FACTOR`, as equal as can be."""
    count = max(1, -(-n_qubits // _FACTOR))
    return [n_qubits // count + (i < n_qubits % count) for i in range(count)]


def _hadamard(n_qubits: int, device: str) -> Any:
    import torch

    size = 1 << n_qubits
    signs = [[(-1) ** (a & b).bit_count() for b in range(size)] for a in range(size)]
    return torch.tensor(signs, dtype=torch.float32, device=device) * size**-0.5


def _turned(psi: Any, angle: Any) -> Any:
    """exp(-i angle) psi, for psi [2, B, D] and angles [B, D] (radians)."""
    cosine, sine = angle.cos(), angle.sin()
    real, imaginary = psi[0], psi[1]
    turned = psi.new_empty(psi.shape)
    turned[0] = real * cosine + imaginary * sine
    turned[1] = imaginary * cosine - real * sine
    return turned


def _slope(adjoint: Any, psi: Any, generator: Any) -> Any:
    """d<H>/dθ of exp(-iθG) with diagonal G: 2 Im <adjoint| G |psi>, shape [B]."""
    cross = adjoint[0] * psi[1] - adjoint[1] * psi[0]
    return 2.0 * (cross * generator).sum(1)
