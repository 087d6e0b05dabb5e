"""What devices get of the tokens, before and after experts are placed, as a picture."""

from __future__ import annotations

from moe_report.api.balance import Balance
from moe_report.renderers.shades import shaded
from moe_report.routing.counts import Tokens
from moe_report.routing.imbalance import max_over_mean
from moe_report.text import counted

_WIDTH, _HEIGHT, _LARGEST = 480, 480, 16  # of a picture and of a device in it, in pixels
_MARGIN, _HEAD, _WIDEST_TEXT, _NARROWEST = 24, 64, 330, 620


def loads_svg(found: Balance) -> bytes:
    """Return the tokens of each device by layer, in the shades of one scale, as SVG.

    Before stands left, where devices can share experts in order evenly.
    """
    parts = [("As placed", found.after)]
    if found.before is not None:
        parts.insert(0, ("Experts in order", found.before))
    shares = [(title, loads / loads.mean(axis=1, keepdims=True)) for title, loads in parts]
    most = max(float(part.max()) for _, part in shares)
    layers, devices = found.after.shape
    scale = max(1, min(_WIDTH // devices, _HEIGHT // layers, _LARGEST))
    step = max(devices * scale, _WIDEST_TEXT) + _MARGIN
    drawn = [
        _part(title, part, most, _MARGIN + at * step, scale)
        for at, (title, part) in enumerate(shares)
    ]
    width = max(_MARGIN + step * len(drawn), _NARROWEST)
    foot = _HEAD + layers * scale + _MARGIN
    caption = (
        f"{counted(layers, 'layer')} down, {counted(devices, 'device')} across; the darker, the "
        "more tokens over the layer’s mean"
    )
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{foot + _MARGIN}" '
        'font-family="sans-serif" font-size="13">\n'
        '<rect width="100%" height="100%" fill="#fff"/>\n'
        f'{"".join(drawn)}<text x="{_MARGIN}" y="{foot}" fill="#6b7280">{caption}</text>\n</svg>\n'
    )
    return text.encode()


def _part(title: str, shares: Tokens, most: float, left: int, scale: int) -> str:
    height, width = (scale * many for many in shares.shape)
    busiest = max_over_mean(shares)
    said = f"busiest device {busiest.mean():.3f}× the mean, in the worst layer {busiest.max():.3f}×"
    return (
        f'<text x="{left}" y="24" font-weight="bold">{title}</text>\n'
        f'<text x="{left}" y="44" font-size="12">{said}</text>\n'
        f'<image x="{left}" y="{_HEAD}" width="{width}" height="{height}" '
        'preserveAspectRatio="none" style="image-rendering:pixelated" '
        f'href="{shaded(shares, most)}"/>\n'
        f'<rect x="{left}" y="{_HEAD}" width="{width}" height="{height}" fill="none" '
        'stroke="#b8bec8"/>\n'
    )
