"""Distributions as an installer leaves them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def install(
    folder: Path,
    distribution: str,
    modules: Mapping[str, str],
    points: Mapping[str, str] | None = None,
    *,
    metadata: str | None = None,
) -> None:
    """Put a distribution into a folder as an installer leaves it there."""
    stem = distribution.replace("-", "_")
    info = folder / f"{stem}-1.5.dist-info"
    info.mkdir(parents=True)
    if metadata is None:
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\n"
    if metadata:
        (info / "METADATA").write_text(metadata, "utf-8")
    named = points if points is not None else {name: name for name in modules}
    lines = [f"{name} = {target}" for name, target in named.items()]
    text = "\n".join(["[moe_report.metrics]", *lines, ""])
    (info / "entry_points.txt").write_text(text, "utf-8")
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source, "utf-8")
