"""A case that the wallet opens is about the matter at hand."""

from ivr.flow.move import Hold
from ivr.flow.waits import Lookup
from tests.desk_site import real_flow

KEYED = {"proven": "pin", "holder": "8800000001", "day": "2026-03-01", "amount": "12800", "order": "100000000003"}


def asked(matter: str) -> dict[str, str]:
    """Return what a case is opened about for a caller with this matter, who keyed things for others before."""
    flow = real_flow()
    call = flow.new_call()._replace(facts={**KEYED, "matter": matter})
    wait = flow.nodes["case.start"].enter(flow, call).then
    assert isinstance(wait, Hold)
    assert isinstance(wait.wait, Lookup)
    return {name: str(value) for name, value in wait.wait.about}


def test_a_case_is_about_what_was_keyed_for_its_own_matter() -> None:
    assert asked("refund") == {"holder": "8800000001", "matter": "refund", "order": "100000000003"}
    assert asked("topup") == {"holder": "8800000001", "matter": "topup", "day": "2026-03-01", "amount": "12800"}
    assert asked("password") == {"holder": "8800000001", "matter": "password"}
