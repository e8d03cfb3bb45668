"""The documentation as its readers see it: fenced examples, links, and what they lead to."""

import re
from dataclasses import dataclass
from pathlib import Path

from services.settings import ROOT

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A fenced block: its language, its text, and the heading that it stands under."""

    language: str
    text: str
    heading: str


def files() -> list[Path]:
    """Every Markdown file of ours."""
    folders = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    found = [*ROOT.glob("*.md"), *(file for one in folders for file in one.rglob("*.md"))]
    return sorted(path for path in found if "node_modules" not in path.parts)


def examples(path: Path) -> list[Example]:
    """The fenced blocks of a file, in order."""
    text = path.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        headings = HEADING.findall(FENCE.sub("", text[: match.start()]))
        found.append(Example(match[1], match[2], headings[-1] if headings else ""))
    return found


def prose(path: Path) -> str:
    """A file without its fenced blocks and without code in lines."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", path.read_text(encoding="utf-8")))


def links(path: Path) -> list[str]:
    """Where a file's links and pictures lead."""
    text = prose(path)
    return [*LINK.findall(text), *IMAGE.findall(text)]


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives a file's headings."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for heading in HEADING.findall(text):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number, free = 0, name
        while free in found:
            number += 1
            free = f"{name}-{number}"
        found.add(free)
    return found
