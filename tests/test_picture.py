"""The picture of the menus holds every node and every way on."""

import pytest

from ivr.flow.picture import picture
from tests.desk_site import real_flow


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_the_picture_holds_every_node_and_every_exit_once(language: str) -> None:
    flow, drawn = real_flow(), picture(real_flow(), language)
    assert [box.place for box in drawn.boxes] == list(flow.nodes)
    exits = {(node.place, flow.place(node.place, name)) for node in flow.nodes.values() for _, name in node.exits()}
    assert {(way.start, way.end) for way in drawn.ways} == exits
    assert len(drawn.ways) == len(exits)


def test_a_way_tells_the_keys_and_reasons_by_which_it_is_taken() -> None:
    ways = {(way.start, way.end): way.by for way in picture(real_flow(), "zh-CN").ways}
    assert ways["main.start", "main.choose"] == ()
    assert ways["main.choose", "stolen.start"] == ("1",)
    assert ways["person.start", "person.closed"] == ("closed",)
    assert ways["stolen.other", "stolen.urgent"] == ("1", "missed")


def test_a_box_is_named_as_people_would() -> None:
    names = {box.place: box.name for box in picture(real_flow(), "en-US").boxes}
    words = real_flow().words["en-US"]
    assert names["refund.start"] == words["refund.matter"]
    assert names["main.choose"] == words["main.choose.say"], "one also comes there without choosing"
    assert names["feedback.complaint"] == words["feedback.start.choices.complaint"]
    assert "speak" in names["person.start"], "it says nothing by itself"
    assert not any("{" in box.says for box in picture(real_flow(), "en-US").boxes)
