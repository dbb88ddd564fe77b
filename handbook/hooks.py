"""What mkdocs asks for while it builds the site."""

from __future__ import annotations

from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from handbook import declared, mathematics, reference, sources


def on_config(config: MkDocsConfig) -> None:
    """Let a page quote the formulas of a spec."""
    config.mdx_configs.setdefault("pymdownx.superfences", {})["custom_fences"] = [declared.FENCE]


def on_files(files: Files, *, config: MkDocsConfig) -> None:
    """Add the pages that are made of the code, and one for each file of the repository that a page links to."""
    _add(files, config, reference.pages())
    linked = (sources.linked(file.content_string, file.src_uri) for file in files.documentation_pages())
    _add(files, config, {sources.uri(path): sources.page(path) for path in sorted(set().union(*linked))})


def _add(files: Files, config: MkDocsConfig, pages: dict[str, str]) -> None:
    for uri, text in pages.items():
        files.append(File.generated(config, uri, content=text))


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Links that lead out of ``docs/`` go to the pages of those files."""
    return sources.relinked(markdown, page.file.src_uri)


def on_page_content(html: str, *, page: Page, **_: Any) -> str:
    """Mathematics is MathML, made while the site is built: a reader's browser asks nobody for anything."""
    if page.present_anchor_ids is not None:  # mkdocs knows of no lines within code, and would miss them
        page.present_anchor_ids.update(sources.lines(html))
    return mathematics.drawn(html)
