"""What another project may add, family by family, and what there is of it: devices, layouts, sections of the report."""

from __future__ import annotations

from gradsuite import devices, extensions
from gradsuite.inputs import layouts
from handbook.markdown import code, plain, section, table

PAGE = "families.md"
HEAD = """
What another project adds is a module that looks like one of gradsuite's own. An installed package names it in an entry
point of the group `gradsuite.<family>`, whose name is the name of what is added: [how to](../how-to/extend.md).
"""


def page() -> str:
    """The page."""
    groups = [(code(f"gradsuite.{family}"), f"a {noun}") for family, noun in extensions.NOUNS.items()]
    here = [(code(name), plain(devices.get(name).missing or "always there")) for name in devices.names()]
    words = [(code(name), plain(layouts.get(name).words)) for name in layouts.names()]
    return "\n".join(
        [
            section("What can be added", HEAD, table(("group", "each entry adds"), groups), level=1),
            section("Devices", table(("device", "where it is absent"), here)),
            section("Layouts", table(("layout", "a tensor that is"), words)),
        ]
    )
