"""`python -m benchmarks.floor [limit]`: serves the floor, or the limit, on HOST and PORT."""

import sys

import uvicorn

from services import settings


def main() -> None:
    """The entry point."""
    configured = settings.current()
    uvicorn.run(
        f"benchmarks.floor.app:create_{'limit' if 'limit' in sys.argv else 'app'}",
        factory=True,
        host=configured.host,
        port=configured.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
