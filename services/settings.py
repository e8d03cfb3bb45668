"""The settings door: everything that the environment decides, checked at the start."""

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from services.document_settings import DocumentSettings
from services.errors import OperatorError
from services.letterheads import LetterheadSettings
from services.mail_settings import MailSettings
from services.proration import Proration
from services.seller_settings import SellerSettings

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
KEY_FILE = DATA / "secret.key"
"""Where the demo keeps the key that it generated."""


def _database_url(url: str) -> str:
    if not url.startswith(("sqlite://", "postgres://", "postgresql://")):
        raise ValueError("must begin with sqlite:// or postgres://")
    if not _names_a_database(url):
        raise ValueError(
            "must name a database: sqlite:///path/to/file.db or postgres://user@host:port/name"
        )
    return url.replace("postgresql://", "postgres://", 1)


def _names_a_database(url: str) -> bool:
    """Whether the URL says where: drivers would take defaults for what it leaves out."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme == "sqlite":
        return bool(parts.netloc + parts.path)
    hosts = parts.netloc.rpartition("@")[2].split(",")
    return all(map(_is_host, hosts)) and bool(parts.path.strip("/"))


def _is_host(host: str) -> bool:
    """Whether it is a name or an address, with or without a port."""
    return re.fullmatch(r"(\[[^]]+\]|[^:\[\]]+)(:0*[1-9]\d{0,4})?", host) is not None


def _web_url(url: str) -> str:
    if url and not url.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return url


def _redis_url(url: str) -> str:
    if not url.startswith(("redis://", "rediss://")):
        raise ValueError("must begin with redis:// or rediss://")
    return url


def _list(value: object) -> object:
    """What stands between commas."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_list)]


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if not re.fullmatch(r"https?://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:[1-9]\d{0,4})?", origin):
            raise ValueError("must be origins such as https://app.example, between commas")
    return origins


def _networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for network in networks:
        ip_network(network)
    return networks


class Settings(SellerSettings, LetterheadSettings, MailSettings, DocumentSettings):
    """The settings, each from the environment variable of its name in capitals."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, extra="ignore")

    database_url: Annotated[str, AfterValidator(_database_url)] = f"sqlite://{DATA}/seatwise.db"
    database_pool_size: int = Field(default=10, ge=2, le=1000)
    """Connections to PostgreSQL, at most, of one process."""
    database_connect_timeout: float = Field(default=5, gt=0, le=60)
    """Seconds that a request waits for a connection to PostgreSQL, a new or a free one."""
    database_lock_timeout: float = Field(default=10, gt=0, le=600)
    """Seconds that a change waits for another one of the same account (SQLite: of any)."""
    database_statement_timeout: float = Field(default=20, gt=0, le=3600)
    """Seconds that a statement on PostgreSQL may take."""
    secret_key: str = Field(default="", repr=False)
    environment: Literal["development", "production"] = "development"
    billing_now: AwareDatetime | None = None
    proration: Proration = Proration.DAY
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    background_work: bool | None = None
    """Whether the server renews by itself what is due; by default where it is one process."""
    compiled_execution: bool = True
    """Whether GraphQL operations are compiled; if not, graphql-core's own executor runs them."""
    trusted_documents: Path | None = None
    """A list of documents that clients may name instead of sending them (door/persisted.py)."""
    trusted_documents_only: bool = False
    """Whether no others are run."""
    query_max_cost: int = Field(default=10_000, ge=100, le=1_000_000)
    """Objects that an operation may ask for (schema/sizes.py says how they are counted)."""
    query_max_characters: int = Field(default=32_768, ge=2_000, le=262_144)
    """The next ones bound a document's size before it is validated (execution/limits.py)."""
    query_max_tokens: int = Field(default=2_000, ge=500, le=20_000)
    query_max_definitions: int = Field(default=50, ge=1, le=500)
    query_max_depth: int = Field(default=20, ge=5, le=100)
    query_max_fields: int = Field(default=1_000, ge=100, le=10_000)
    query_max_root_fields: int = Field(default=20, ge=1, le=1_000)
    query_max_aliases: int = Field(default=100, ge=0, le=10_000)
    query_max_directives: int = Field(default=50, ge=0, le=10_000)
    query_max_repeated: int = Field(default=100, ge=0, le=10_000)
    rate_limit: int = Field(default=100_000, ge=0, le=1_000_000_000)
    """Points of cost that a caller may spend a minute on queries; 0 for no limit."""
    mutation_rate_limit: int = Field(default=10_000, ge=0, le=1_000_000_000)
    """The same for mutations."""
    rate_limit_store: Annotated[str, AfterValidator(_redis_url)] | None = Field(
        default=None, repr=False
    )
    """Redis, where several processes share the rate limits; by default each has its own."""
    public_url: Annotated[str, AfterValidator(_web_url)] = ""
    """Where clients reach the server, for links; by default the request's own address, and in
    production that of HOST and PORT."""
    cors_origins: Annotated[Names, AfterValidator(_origins)] = ()
    """The origins whose pages may call the API."""
    embed_origins: Annotated[Names, AfterValidator(_origins)] = ()
    """The origins whose pages may show the billing page in a frame."""
    forwarded_allow_ips: Annotated[Names, AfterValidator(_networks)] = ("127.0.0.1", "::1")
    """The proxies whose X-Forwarded-Proto and X-Forwarded-For are believed."""
    demo_sign_in: bool = False
    """Whether anybody may come as one of the demo's people."""
    graphiql: bool = True
    introspection: bool = True

    request_timeout: float = Field(default=4, gt=0, le=600)
    """Seconds in which a request must have arrived, its body included."""
    keep_alive_timeout: float = Field(default=5, gt=0, le=600)
    """Seconds that a connection may stay open without a request."""
    max_connections: int = Field(default=1000, ge=1, le=100_000)
    """Connections of one process at once."""
    max_subscriptions: int = Field(default=20, ge=0, le=1000)
    """GraphQL subscriptions that a caller may have open at once in one process; 0 for none, and
    then changes are told nobody."""
    shutdown_timeout: int = Field(default=30, ge=1, le=600)
    """Seconds in which requests may end once the server is told to stop."""

    log_format: Literal["json", "console"] = "console"
    """By default json in production."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """Where metrics are told; 0 for nowhere."""
    otel_exporter_otlp_endpoint: Annotated[str, AfterValidator(_web_url)] = ""
    """Where traces are sent; nowhere without it."""

    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    jwt_jwks_url: Annotated[str, AfterValidator(_web_url)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _log_is_for_machines_in_production(cls, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("environment") == "production":
            return {"log_format": "json"} | given
        return given

    @model_validator(mode="after")
    def _clock_moves_in_production(self) -> Self:
        if self.environment == "production" and self.billing_now is not None:
            raise ValueError("BILLING_NOW: refused when ENVIRONMENT=production")
        return self

    @model_validator(mode="after")
    def _nobody_comes_without_a_token_in_production(self) -> Self:
        if self.environment == "production" and self.demo_sign_in:
            raise ValueError("DEMO_SIGN_IN: refused when ENVIRONMENT=production")
        return self

    @model_validator(mode="after")
    def _provider_is_certain_in_production(self) -> Self:
        if self.environment != "production" or self.jwt_jwks_url is None:
            return self
        if not self.jwt_jwks_url.startswith("https://"):
            raise ValueError("JWT_JWKS_URL: must begin with https:// when ENVIRONMENT=production")
        # The provider signs tokens for others too, with the same keys.
        for name in ("jwt_issuer", "jwt_audience"):
            if getattr(self, name) is None:
                raise ValueError(f"{name.upper()}: is required where JWT_JWKS_URL is set")
        return self

    @model_validator(mode="after")
    def _some_document_is_trusted(self) -> Self:
        if self.trusted_documents_only and self.trusted_documents is None:
            raise ValueError("TRUSTED_DOCUMENTS: is required where TRUSTED_DOCUMENTS_ONLY is set")
        return self

    @property
    def address(self) -> str:
        """Where the server listens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def does_background_work(self) -> bool:
        """Whether the server does what `manage.py worker` does."""
        return self.workers == 1 if self.background_work is None else self.background_work

    @cached_property
    def signing_key(self) -> str:
        """The secret that signs tokens and links.

        Raises OperatorError where there is none, or one shorter than 32 bytes.
        """
        key = self.secret_key or self._demo_key()
        if len(key.encode()) < 32:
            raise OperatorError("SECRET_KEY: is required, with at least 32 bytes")
        return key

    def _demo_key(self) -> str:
        if self.environment == "production" or not KEY_FILE.exists():
            return ""
        return KEY_FILE.read_text(encoding="ascii").strip()


@lru_cache
def current() -> Settings:
    """The settings of this process, read once.

    Raises OperatorError with one line that names each setting at fault.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise OperatorError("; ".join(map(_line, error.errors()))) from None


def _line(error: Mapping[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    return ": ".join([*(str(part).upper() for part in error["loc"]), message])
