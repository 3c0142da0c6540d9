"""Each call says which notice of recording its caller was told, by language and version of its words."""

import csv
from io import StringIO

from ivr.flow.events import Said
from ivr.reports.facts import NOTICE, notice
from ivr.reports.search import Search
from tests.desk_site import Site, log_in
from tests.test_facts import digest
from tests.test_people import clock, site

__all__ = ["clock", "site"]


def test_the_version_is_that_of_the_words() -> None:
    one, other = Said(NOTICE, "通话将被录音。", "zh-CN"), Said(NOTICE, "通话会被录音。", "zh-CN")
    assert notice([one]) == notice([Said("main", "您好", "zh-CN"), one, one])
    assert notice([one]) != notice([other])
    assert notice([one, other]) == f"{notice([one])}, {notice([other])}"
    assert notice([Said("main", "您好", "zh-CN")]) == ""


def test_a_call_says_which_notice_was_told_on_its_page_and_in_the_export(site: Site) -> None:
    place = site.queued()
    words = [one for one in site.hotline.journal.events(place.call_id) if isinstance(one, Said) and one.place == NOTICE]
    told = notice(words)
    assert told.startswith("zh-CN ")
    client = site.app.test_client()
    client.get("/desk/login?lang=en")
    log_in(client, "sam", site.hire("sam", "supervisor"))
    assert told in client.get(f"/desk/calls/{place.call_id}").text, "while it goes on, too"
    site.hotline.hang_up(place.call_id)
    digest(site)
    found = Search(site.desk.engine).one(place.call_id)
    assert found
    assert found.notice == told
    rows = list(csv.reader(StringIO(client.get("/desk/calls/export/csv").data.decode("utf-8-sig"))))
    assert [row[-2] for row in rows] == ["Notice of recording", told]
