"""An open report, with whatever it asked for and complained of."""

from __future__ import annotations

from typing import Any

from tests.browser import OPEN_ALL


class Visit:
    def __init__(self, browser: Any, address: str, *, width: int = 1280, **options: Any) -> None:
        self.address = address
        self.page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(address)

    def open_all(self) -> None:
        self.page.evaluate(OPEN_ALL)

    @property
    def quiet(self) -> bool:
        """Whether nothing but the page itself was asked for, and nothing complained."""
        return self.requests == [self.address] and not self.complaints
