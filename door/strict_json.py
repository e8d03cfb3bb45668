"""JSON read strictly: what two readers could understand differently is refused.

The standard library's decoder, because it can be told to refuse: no NaN or Infinity, no key
twice in an object, numbers of bounded length, a bounded number of values and depth, UTF-8 and whole
characters only.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Any

MAX_DEPTH = 64
"""How deeply lists and objects may be nested."""

MAX_VALUES = 10_000
"""How many values lists and objects may hold in all."""

MAX_DIGITS = 64
"""How many characters a number may have."""

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""Half of a pair, by which JSON writes characters beyond U+FFFF; alone it is no character."""


class NotStrict(ValueError):
    """Why something is not JSON as it is read here: the rest of a sentence that names it."""


def loads(content: bytes) -> Any:
    """The value that the bytes stand for. Raises NotStrict."""
    try:
        text = content.decode()
        value = DECODER.decode(text)
    except UnicodeDecodeError:
        raise NotStrict("is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotStrict(f"is not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise NotStrict(TOO_DEEP) from None
    if text.count("[") + text.count("{") > MAX_DEPTH or text.count(",") > MAX_VALUES:
        _check_size(value)
    if SURROGATE.search(text):
        _check_characters(value)
    return value


TOO_DEEP = f"is nested more than {MAX_DEPTH} deep"


def _check_size(value: Any) -> None:
    level, values = [value], 0
    for _ in range(MAX_DEPTH + 1):
        values += len(level)
        if values > MAX_VALUES:
            raise NotStrict(f"has more than {MAX_VALUES} values")
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise NotStrict(TOO_DEEP)


def _check_characters(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NotStrict("has half of a surrogate pair, which is no character") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrict(f"has the key {_repeated(key for key, _ in pairs)} twice in one object")
    return found


def _repeated(keys: Iterable[str]) -> str:
    """The first key that comes again, as JSON and cut short."""
    seen: set[str] = set()
    # `add` answers None, so that a key passes once.
    again = next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return json.dumps(again[:50])


def _integer(digits: str) -> int:
    _check_digits(digits)
    return int(digits)


def _fraction(digits: str) -> float:
    _check_digits(digits)
    number = float(digits)
    if math.isinf(number):
        raise NotStrict(f"has a number that is too large: {digits}")
    return number


def _check_digits(digits: str) -> None:
    if len(digits) > MAX_DIGITS:
        raise NotStrict(f"has a number of {len(digits)} characters; at most {MAX_DIGITS} are read")


def _constant(name: str) -> None:
    raise NotStrict(f"is not JSON: {name} is no number")


DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_fraction,
    parse_constant=_constant,
)
