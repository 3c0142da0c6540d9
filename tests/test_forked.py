"""Servers that are forked are what `python app.py` would be in their folder: also where that has another program."""

from pathlib import Path

from tests.processes import servers


def test_a_forked_server_is_the_program_of_its_own_folder(tmp_path: Path) -> None:
    said = "print('another program, from', __file__, flush=True)\n"

    def change(project: Path) -> None:
        file = project / "ivr" / "telephony" / "decode.py"
        file.write_text(file.read_text("utf-8") + said, "utf-8")

    with servers(tmp_path, f"sqlite:///{tmp_path}/ivr.db", change=change) as (server,):
        first = server.log.read_text("utf-8")
        assert f"another program, from {server.project}/ivr/telephony/decode.py" in first
        server.kill()
        server.start()
        server.await_answers()
        assert server.log.read_text("utf-8").count("another program") == 2 * first.count("another program")
