"""`python -m benchmarks.floor`: serves the floor on HOST and PORT until stopped."""

import uvicorn

from services import settings


def main() -> None:
    """The entry point."""
    configured = settings.current()
    uvicorn.run(
        "benchmarks.floor.app:create_app",
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
