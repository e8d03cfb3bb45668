"""Posting: letters on their way to the server that takes mail."""

from datetime import datetime

from models.keys import new_key
from services import letters, parties, settings, smtp, text
from services.errors import OperatorError, Refusal
from services.smtp import MailError


async def send_trial(to: str, at: datetime) -> None:
    """Sends a letter that says that mail works. Raises OperatorError where it does not."""
    if not settings.current().mail_is_sent:
        raise OperatorError("SMTP_HOST: is not set, so no mail is sent")
    try:
        recipient = text.email(to)
    except Refusal as refusal:
        raise OperatorError(f"--to: {refusal}") from None
    letter = letters.trial(parties.seller().legal_name)
    message = letters.composed(letter, recipient, str(new_key()), at)
    try:
        async with smtp.connected() as client:
            await smtp.address(client, recipient)
            await smtp.deliver(client, message, recipient)
    except MailError as error:
        raise OperatorError(f"SMTP_HOST: {error}") from None
