"""The settings of the seller: who sells, and into which account invoices are paid."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings
from stdnum import bic, iban
from stdnum.exceptions import ValidationError

MAX_LINE = 200
MAX_NOTE = 500


def _iban(number: str) -> str:
    try:
        return str(iban.validate(number)) if number else number
    except ValidationError:
        raise ValueError("must be a valid IBAN") from None


def _bic(code: str) -> str:
    try:
        return str(bic.validate(code)) if code else code
    except ValidationError:
        raise ValueError("must be a valid BIC") from None


Line = Annotated[str, Field(max_length=MAX_LINE)]


class SellerSettings(BaseSettings):
    """Who sells, as later invoices say it."""

    seller_legal_name: str = ""
    seller_address_line1: str = ""
    seller_address_line2: str | None = None
    seller_postal_code: str | None = None
    seller_city: str = ""
    seller_region: str | None = None
    seller_country_code: str = Field(default="", pattern="^[A-Z]{2}$|^$")
    seller_tax_id: str | None = None
    seller_email: str = ""
    seller_registration: Line | None = None
    """The entry in a register of companies: "HRB 12345, Amtsgericht München"."""
    seller_bank_holder: Line = ""
    """Whose account it is; by default the seller's."""
    seller_bank_iban: Annotated[str, AfterValidator(_iban)] = ""
    """The account to pay into; invoices name none without it."""
    seller_bank_bic: Annotated[str, AfterValidator(_bic)] = ""
    seller_bank_name: Line = ""
    seller_payment_note: Annotated[str, Field(max_length=MAX_NOTE)] | None = None
    """What stands under the payment terms: how to pay by card, interest on arrears."""

    @model_validator(mode="after")
    def _seller_is_whole(self) -> Self:
        needed = ("address_line1", "city", "country_code", "email")
        missing = [part for part in needed if not getattr(self, f"seller_{part}")]
        if self.seller_legal_name and missing:
            name = f"SELLER_{missing[0].upper()}"
            raise ValueError(f"{name}: is required where SELLER_LEGAL_NAME is set")
        return self

    @model_validator(mode="after")
    def _account_has_a_number(self) -> Self:
        others = (self.seller_bank_holder, self.seller_bank_bic, self.seller_bank_name)
        if any(others) and not self.seller_bank_iban:
            message = "is required where another SELLER_BANK setting is set"
            raise ValueError(f"SELLER_BANK_IBAN: {message}")
        if self.seller_bank_iban and not self.seller_legal_name:
            message = "is required where SELLER_BANK_IBAN is set"
            raise ValueError(f"SELLER_LEGAL_NAME: {message}")
        return self
