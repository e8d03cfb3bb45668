"""Letterheads: the paper, colour and logo that documents are drawn with.

The look is that of the day of drawing, whatever an invoice's content was frozen at: a vendor that
changes its logo changes it on documents drawn from then on.
"""

import importlib
import re
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings

INK = "#1a2233"
"""The colour of titles unless the vendor has its own."""

MIN_CONTRAST = 4.5
"""What a colour must have against white paper (WCAG 2.2, 1.4.3)."""

MAX_LOGO_BYTES = 262_144
MAX_LOGO_PIXELS = 1_000_000


class Paper(StrEnum):
    """The size of a page."""

    A4 = "A4"
    LETTER = "LETTER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """How documents look: `color` as "#rrggbb", `logo` the bytes of a PNG or JPEG file."""

    paper: Paper = Paper.A4
    color: str = INK
    logo: bytes | None = None


def _logo(path: Any) -> Any:
    """The bytes of the file of that name. Raises ValueError where they are no fitting picture."""
    if not isinstance(path, str):
        return path
    # By name, as it takes 40 ms: whoever has no logo does not wait.
    image = importlib.import_module("PIL.Image")
    try:
        content = Path(path).read_bytes()
        with image.open(BytesIO(content), formats=("PNG", "JPEG")) as picture:
            width, height = picture.size
            if len(content) > MAX_LOGO_BYTES or width * height > MAX_LOGO_PIXELS:
                raise ValueError("must have at most 256 KiB and a million pixels")
            if picture.mode == "CMYK":
                raise ValueError("must be in RGB or grey, as documents are")
            picture.load()
    except (OSError, SyntaxError, image.DecompressionBombError):
        raise ValueError("must be the name of a PNG or JPEG file") from None
    return content


def _legible(color: Any) -> Any:
    """The colour. Raises ValueError where it is none, or too light to be read on white."""
    if not isinstance(color, str) or not re.fullmatch("#[0-9a-fA-F]{6}", color):
        raise ValueError('must be a colour such as "#1a2233"')
    if 1.05 / (_luminance(color) + 0.05) < MIN_CONTRAST:
        raise ValueError("is too light to be read on white paper")
    return color.lower()


def _luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4 for it in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _capital(name: Any) -> Any:
    return name.upper() if isinstance(name, str) else name


class LetterheadSettings(BaseSettings):
    """What invoices and credit notes look like."""

    invoice_paper: Annotated[Paper, BeforeValidator(_capital)] = Paper.A4
    invoice_color: Annotated[str, BeforeValidator(_legible)] = INK
    invoice_logo: Annotated[bytes | None, BeforeValidator(_logo)] = Field(default=None, repr=False)
    """The content of the file that INVOICE_LOGO names, read once."""

    @property
    def letterhead(self) -> Letterhead:
        """What documents are drawn with."""
        return Letterhead(
            paper=self.invoice_paper, color=self.invoice_color, logo=self.invoice_logo
        )
