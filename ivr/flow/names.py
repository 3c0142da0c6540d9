"""What matters, queues and marks are called in each of the hotline's languages."""

from ivr.flow.flow import Flow


def spoken(flow: Flow, language: str) -> str:
    """Return the hotline's language that is nearest to a reader's (`zh`, `en`)."""
    return next((one for one in flow.words if one.startswith(language)), flow.base)


def matter_name(flow: Flow, spoken: str, matter: str) -> str:
    """Return what agents call a matter."""
    return flow.words[spoken].get(f"{matter}.matter", matter)


def mark_name(flow: Flow, spoken: str, place: str) -> str:
    """Return what a mark tells agents, by the place of its words; "" where the menus no longer have them."""
    return flow.words[spoken].get(place) or flow.words[flow.base].get(place, "")


def queue_name(flow: Flow, spoken: str, queue: str) -> str:
    """Return what agents call a queue; its bare name where the menus no longer have it."""
    return flow.words[spoken].get(f"queues.{queue}.name", queue.capitalize())
