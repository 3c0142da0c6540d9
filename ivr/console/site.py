"""All pages of the console put together."""

from flask import Flask

from ivr.console.account import account
from ivr.console.audit_page import audit_page
from ivr.console.blocked import blocked_page
from ivr.console.calls import call_log
from ivr.console.commands import Staff
from ivr.console.desk import console
from ivr.console.office import Office
from ivr.console.people import people
from ivr.console.reports import report_pages
from ivr.console.wallboard import wallboard
from ivr.reports.tallies import Tallies


def furnish(app: Flask, office: Office, staff: Staff) -> None:
    """Give an application, whose door is there already, its pages."""
    app.register_blueprint(console(office))
    app.register_blueprint(account(office))
    app.register_blueprint(call_log(office))
    app.register_blueprint(blocked_page(office))
    app.register_blueprint(report_pages(office, Tallies(office.desk.engine, office.flow().zone, office.now)))
    app.register_blueprint(wallboard(office))
    app.register_blueprint(people(office, staff))
    app.register_blueprint(audit_page(office, app.extensions["audit"]))
