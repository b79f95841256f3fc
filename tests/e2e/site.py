"""A running Playbill with a small demo, and somebody of each role to sign in."""

from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.browsers import TIMEOUT_MS
from tests.e2e.program import Running


class Site:
    """A running Playbill with a small demo, and the password of each role."""

    def __init__(self, program: Running, passwords: dict[str, str]) -> None:
        self.program = program
        self.passwords = passwords

    async def signed_in(self, context: BrowserContext, role: str = "admin") -> Page:
        """Open a page of somebody with the role."""
        page = await context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        await page.goto(f"{self.program.url}/sign-in")
        await page.get_by_label("E-mail").fill(f"{role}@demo.example")
        await page.get_by_label("Password").fill(self.passwords[role])
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
        return page
