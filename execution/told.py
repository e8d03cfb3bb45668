"""What a resolver is told about the value that it is asked for."""

from typing import Any

from execution.frames import Frame
from execution.plan import Field, Run


class Told:
    """graphql-core's info about one value, made once somebody asks for more than the context:
    making it takes longer than many resolvers do."""

    __slots__ = ("context", "field", "frame", "index", "made", "run")

    def __init__(self, run: Run, field: Field, frame: Frame, index: int) -> None:
        self.context = run.executor.context_value
        self.run, self.field, self.frame, self.index = run, field, frame, index
        self.made: Any = None

    def __getattr__(self, name: str) -> Any:
        """What graphql-core's own says."""
        if self.made is None:
            self.made = self.field.info(self.run, self.frame, self.index)
        return getattr(self.made, name)
