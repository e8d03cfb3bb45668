"""What straight code reads fields from: an object, or the parts of one that is not made."""

import keyword


class Unfit(Exception):
    """No straight code can be made: something may have to be waited for, or is not known yet."""


class Object:
    """An object that a variable holds."""

    def __init__(self, variable: str) -> None:
        self.variable = variable

    def whole(self) -> str:
        """An expression for the object."""
        return self.variable

    def read(self, path: str) -> str:
        """An expression for an attribute. Raises Unfit."""
        return f"{self.variable}.{_checked(path)}"


class Unmade:
    """An object that is not made: its attributes are expressions."""

    def __init__(self, parts: dict[str, str]) -> None:
        self.parts = parts

    def whole(self) -> str:
        """Raises Unfit: there is none."""
        raise Unfit

    def read(self, path: str) -> str:
        """An expression for an attribute. Raises Unfit."""
        head, dot, rest = _checked(path).partition(".")
        if head not in self.parts:
            raise Unfit
        return f"{self.parts[head]}{dot}{rest}"


Source = Object | Unmade
"""What fields are read from."""


def _checked(path: str) -> str:
    """A path that can stand in code. Raises Unfit."""
    if any(not part.isidentifier() or keyword.iskeyword(part) for part in path.split(".")):
        raise Unfit
    return path
