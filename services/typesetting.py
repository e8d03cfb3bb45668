"""Text that the invoice's fonts can draw: normal form, faces, and boxes for what is missing.

Only the render worker imports this: it loads the PDF library's font reader. The fonts are
described in pdf_templates/fonts/README.md.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reportlab.pdfbase.ttfonts import TTFontFile

TEMPLATES = Path(__file__).resolve().parent.parent / "pdf_templates"

BOX = "\u25a1"
"""What stands for a character that no face can draw: a reader sees that one is missing."""

# Controls, halves of surrogate pairs, soft hyphens, joiners, overrides of direction (a name must
# not turn the text around it), variation selectors and tags: nothing of theirs is ever drawn.
_UNDRAWN = re.compile(
    "[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200d\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)
_FIXED_SPACES = re.compile("[\u2007\u202f]")
_SPACES = re.compile("[^\\S\xa0]+")


@dataclass(frozen=True, slots=True)
class Face:
    """A font family of ours: its name in the style sheet and its files by weight."""

    family: str
    files: tuple[tuple[str, str], ...]


def _face(family: str) -> Face:
    return Face(family, (("normal", f"{family}-Regular.ttf"), ("bold", f"{family}-Bold.ttf")))


FACES = (
    _face("NotoSans"),
    _face("NotoSansArabic"),
    _face("NotoSansHebrew"),
    Face("WenQuanYiMicroHei", (("normal", "WenQuanYiMicroHei.ttf"),)),
    _face("MPLUS1p"),
)
"""In order of preference: a character is drawn in the first face that has it."""

PREFERRED = {"ja": "MPLUS1p"}
"""The face that a language has before all others but the first: the same characters are drawn in
one way for Chinese readers and in another for Japanese ones."""


def normal(value: object) -> str:
    """The value's text in Unicode's form C, on one line, without what is never drawn.

    Spaces that must not break become the one such space that every face has.
    """
    text = _UNDRAWN.sub("", _SPACES.sub(" ", _FIXED_SPACES.sub("\xa0", str(value))))
    return unicodedata.normalize("NFC", text)


def boxed(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with a box for each character that no face has, and those characters, sorted."""
    missing = tuple(sorted(char for char in set(text) if _face_of(char, FACES) is None))
    return text.translate(dict.fromkeys(map(ord, missing), BOX)), missing


def font_rules(text: str, language: str) -> str:
    """The style rules of the faces that the text needs in that language, and of no others.

    A face for Chinese, Japanese and Korean costs 80 ms to read, so few documents pay for it.
    """
    preferred = _preferred(language)
    needed = {_face_of(char, preferred) for char in set(text)}
    faces = [face for face in preferred if face in needed]
    families = ", ".join(face.family for face in faces)
    return "".join(map(_rules, faces)) + f"html {{ font-family: {families}; }}\n"


def read_font(file: str) -> TTFontFile:
    """The font of that name in `pdf_templates/fonts/`."""
    return TTFontFile(str(TEMPLATES / "fonts" / file), validate=0)


def _rules(face: Face) -> str:
    return "".join(
        f"@font-face {{ font-family: {face.family}; font-weight: {weight};"
        f" src: url(fonts/{file}); }}\n"
        for weight, file in face.files
    )


def _preferred(language: str) -> tuple[Face, ...]:
    first, *others = FACES
    return first, *sorted(others, key=lambda face: face.family != PREFERRED.get(language))


def _face_of(char: str, faces: tuple[Face, ...]) -> Face | None:
    # Line breaks belong to the markup; no face draws them and none has to.
    if char == "\n":
        return faces[0]
    return next((face for face in faces if ord(char) in _coverage(face)), None)


@cache
def _coverage(face: Face) -> frozenset[int]:
    # The weights of a family cover the same characters; a test holds them to it.
    return frozenset(read_font(face.files[0][1]).charToGlyph)
