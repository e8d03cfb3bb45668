"""Invoice letters: what comes with the PDF of an invoice or a credit note. Pure, no I/O."""

from services.documents import InvoiceDocument
from services.letters import Attachment, Letter, reader_of
from services.phrases import Reader


def letter(document: InvoiceDocument, pdf: bytes) -> Letter:
    """The letter in the language of the document, with its PDF."""
    reader = reader_of(document.locale)
    say, seller = reader.say, document.seller
    names = {"number": document.number, "buyer": document.buyer.legal_name}
    write = _credit_note if document.is_credit_note else _invoice
    subject, paragraphs, facts = write(document, reader)
    return Letter(
        sender=seller.legal_name,
        language=reader.language,
        subject=subject.format(**names, seller=seller.legal_name),
        heading=_heading(document, reader).format(**names),
        paragraphs=tuple(paragraph.format(**names) for paragraph in paragraphs),
        facts=facts,
        closing=(say("Questions? Write to {email}.").format(email=seller.email),),
        attachment=Attachment(name=f"{document.number}.pdf", content=pdf),
    )


Written = tuple[str, list[str], tuple[tuple[str, str], ...]]


def _heading(document: InvoiceDocument, reader: Reader) -> str:
    say = reader.say
    return say("Credit note {number}") if document.is_credit_note else say("Invoice {number}")


def _invoice(document: InvoiceDocument, reader: Reader) -> Written:
    say = reader.say
    facts = [(say("Total"), reader.amount(document.total_minor, document.currency))]
    if document.due_minor != document.total_minor:
        facts.append((say("Amount due"), reader.amount(document.due_minor, document.currency)))
    if document.due_minor:
        facts.append((say("Due date"), reader.day(document.due_on, "long")))
    if document.purchase_order_number:
        facts.append((say("Purchase order"), document.purchase_order_number))
    paragraphs = [say("Please find attached invoice {number} for {buyer}.")]
    return say("Invoice {number} from {seller}"), paragraphs, tuple(facts)


def _credit_note(document: InvoiceDocument, reader: Reader) -> Written:
    say, credited = reader.say, document.credits
    assert credited is not None
    facts = [(say("Amount credited"), reader.amount(-document.total_minor, document.currency))]
    facts.append(
        (say("For invoice"), f"{credited.number}, {reader.day(credited.issued_on, 'long')}")
    )
    if document.reason:
        facts.append((say("Reason"), document.reason))
    paragraphs = [say("Please find attached credit note {number} for {buyer}.")]
    return say("Credit note {number} from {seller}"), paragraphs, tuple(facts)
