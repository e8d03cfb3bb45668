"""What is no GraphQL request, and how that is said."""

from collections.abc import Mapping

BAD_REQUEST = "BAD_REQUEST"


class Unacceptable(Exception):
    """A request that is not run; `status`, `code` and `headers` are the answer's."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str = BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers
