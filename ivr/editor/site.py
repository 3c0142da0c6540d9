"""All pages about the menus put together."""

from flask import Flask

from ivr.console.office import Office
from ivr.editor.declaring import Declaring
from ivr.editor.emergency_page import emergency_page
from ivr.editor.hours_page import hours_pages
from ivr.editor.pages import draft_pages
from ivr.editor.prompts import prompt_pages
from ivr.editor.publishing import Publishing
from ivr.editor.settings_page import settings_pages
from ivr.editor.shelf import shelf
from ivr.editor.yesterday import Yesterday
from ivr.editor.yesterday_page import yesterday_page


def furnish(app: Flask, given: Office, publishing: Publishing, yesterday: Yesterday) -> None:
    """Give an application, which has the console's pages, those about the menus."""
    app.register_blueprint(shelf(given, publishing))
    app.register_blueprint(emergency_page(given, Declaring(publishing)))
    app.register_blueprint(prompt_pages(given), url_prefix="/desk/menus/drafts/<int:number>/prompts")
    app.register_blueprint(draft_pages(given, publishing))
    app.register_blueprint(hours_pages(given, publishing))
    app.register_blueprint(settings_pages(given, publishing))
    app.register_blueprint(yesterday_page(given, publishing, yesterday))
