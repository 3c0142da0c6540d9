"""The page /desk/account, for everybody: one's own password and second factors."""

from flask import Blueprint, render_template
from flask_security import current_user

from ivr.console import bell, office
from ivr.console.office import Office
from ivr.console.rights import needs
from ivr.store.roles import OWN


def account(given: Office) -> Blueprint:
    """Return the blueprint of `/desk/account`."""
    page = office.formed("account", given)

    @page.get("")
    @needs(OWN)
    def show() -> str:
        told = {"app": current_user.tf_primary_method, "keys": current_user.webauthn}
        told |= {"owes": current_user.owes_factor(), "codes": len(current_user.mf_recovery_codes or ())}
        told |= {"here": "account", "bell": bell.bell(given), "now": given.now().timestamp()}
        return render_template("account.html", **told, **office.words(given))

    return page
