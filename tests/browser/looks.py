"""What every view has to keep, whatever it shows: WCAG 2.2 AA, and the width of the screen."""

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = Axe()

TOO_WIDE = """() => {
  const parts = document.querySelectorAll(':root, dialog, dialog .body, .card');
  return [...parts].filter((part) => part.scrollWidth > part.clientWidth + 1)
    .map((part) => `${part.tagName}.${part.className}: ${part.scrollWidth} > ${part.clientWidth}`);
}"""

SHIFT = """() => new Promise((resolve) => {
  let sum = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += entry.value;
  });
  observer.observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(sum), 100);
})"""


async def assert_good_to_use(page: Page, within: str | None = None) -> None:
    """axe-core finds nothing, in light and in dark, and nothing is wider than the screen: in the
    dialog if one is open, as the rest is out of reach then."""
    within = within or ("dialog" if await page.locator("dialog").count() else "html")
    wide = await page.evaluate(TOO_WIDE)
    assert not wide, wide
    await page.emulate_media(color_scheme="dark")
    pale = await _violations(page, within, {"type": "rule", "values": ["color-contrast"]})
    await page.emulate_media(color_scheme="light")
    found = await _violations(page, within, {"type": "tag", "values": WCAG})
    assert not pale + found, pale + found


async def assert_nothing_jumped(page: Page) -> None:
    """Nothing moved while the page was loaded."""
    shift = await page.evaluate(SHIFT)
    assert shift < 0.01, shift


async def _violations(page: Page, within: str, only: dict[str, Any]) -> list[str]:
    options = {"runOnly": only, "resultTypes": ["violations"]}
    found = (await AXE.run(page, within, options)).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]} {node['any'] and node['any'][0]['message']}"
        for rule in found
        for node in rule["nodes"]
    ]
