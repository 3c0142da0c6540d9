"""All pages about the menus put together."""

from flask import Flask

from ivr.console.office import Office
from ivr.editor.publishing import Publishing
from ivr.editor.shelf import shelf
from ivr.editor.yesterday import Yesterday
from ivr.editor.yesterday_page import tried


def furnish(app: Flask, given: Office, publishing: Publishing, yesterday: Yesterday) -> None:
    """Give an application, which has the console's pages, those about the menus."""
    page = shelf(given, publishing)
    tried(page, given, publishing, yesterday)
    app.register_blueprint(page)
