"""The settings of mail: without SMTP_HOST none is sent, and none is kept to be sent."""

import re
from typing import Annotated, Literal, Self

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings

PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""Where servers listen by custom (RFC 8314, RFC 6409, RFC 5321)."""


def _address(address: str) -> str:
    """An address that any server takes: its domain, if international, in ASCII (IDNA)."""
    if not address:
        return address
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError("must be an e-mail address") from None
    if found.ascii_email is None:
        raise ValueError("must have only ASCII before the @")
    return found.ascii_email


def _host(host: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:-]*", host):
        raise ValueError("must be a host's name or address")
    return host


class MailSettings(BaseSettings):
    """Who sends mail, through which server, and how long before a renewal."""

    mail_from: Annotated[str, AfterValidator(_address)] = ""
    mail_reply_to: Annotated[str, AfterValidator(_address)] = ""
    """Where answers go; by default to MAIL_FROM."""
    smtp_host: Annotated[str, AfterValidator(_host)] = ""
    """The server that takes mail; none is sent without it."""
    smtp_port: int | None = Field(default=None, ge=1, le=65535)
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str = ""
    smtp_password: str = Field(default="", repr=False)
    smtp_timeout: float = Field(default=10, gt=0, le=300)
    """Seconds that the server may take over an answer."""
    reminder_days: int = Field(default=7, ge=0, le=60)
    """How long before a renewal it is told; 0 for never."""

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Self:
        if self.smtp_host and not self.mail_from:
            raise ValueError("MAIL_FROM: is required where SMTP_HOST is set")
        return self

    @model_validator(mode="after")
    def _login_is_whole_and_encrypted(self) -> Self:
        if bool(self.smtp_username) is not bool(self.smtp_password):
            missing = "SMTP_PASSWORD" if self.smtp_username else "SMTP_USERNAME"
            raise ValueError(f"{missing}: username and password go together")
        if self.smtp_username and self.smtp_tls == "none":
            raise ValueError("SMTP_TLS: none would send SMTP_PASSWORD in the clear")
        return self

    @property
    def mail_is_sent(self) -> bool:
        """Whether there is a server to take it."""
        return bool(self.smtp_host)

    @property
    def mail_port(self) -> int:
        """SMTP_PORT, or the custom of SMTP_TLS."""
        return self.smtp_port or PORTS[self.smtp_tls]
