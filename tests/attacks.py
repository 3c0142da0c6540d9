"""The attacks that the hotline must survive, each with its tests; `python -m tests.attacks` runs them, row by row."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest


@dataclass(frozen=True, slots=True)
class Row:
    """A threat as `faults.md` calls it, what is held against it, and the tests that try it."""

    threat: str
    control: str
    tests: tuple[str, ...]

    @property
    def nodes(self) -> list[str]:
        """The tests as pytest names them."""
        return [f"tests/test_{test}" for test in self.tests]


ROWS: Final = (
    Row(
        "Forged webhook",
        "signature, account and size are checked before anything of a request is read; 403, 413",
        (
            "webhooks.py::test_only_what_the_carrier_signed_for_us_is_let_in",
            "webhooks.py::test_twilios_signature_vectors_are_accepted_and_every_changed_byte_refused",
            "webhooks.py::test_a_body_over_64_kb_is_refused_before_it_is_read",
            "webhooks.py::test_every_path_is_known_here",
            "fuzz.py::test_whoever_is_not_the_carrier_is_let_in_nowhere",
            "admission.py::test_a_crowd_opens_no_door_to_who_does_not_sign",
            "crowd.py::test_no_request_is_smuggled_in_another",
            "taskrouter.py::test_nobody_but_taskrouter_is_heard",
        ),
    ),
    Row(
        "Header tricks/proxy",
        "signatures over PUBLIC_URL alone; of X-Forwarded-* only what so many proxies of ours wrote is believed",
        (
            "webhooks.py::test_only_what_the_carrier_signed_for_us_is_let_in",
            "peers.py::test_without_proxies_no_header_is_believed",
            "peers.py::test_nothing_that_is_sent_before_it_hides_what_the_proxy_writes",
            "peers.py::test_each_stranger_behind_the_balancer_is_limited_alone",
            "break_ins.py::test_no_header_makes_a_page_lead_elsewhere",
            "break_ins.py::test_no_method_but_those_of_the_page_is_taken",
            "phone_calls.py::test_another_sites_page_cannot_dial",
        ),
    ),
    Row(
        "Replay/late turn",
        "a turn is taken once and told again word for word; a call ends once",
        (
            "store_journal.py::test_a_turn_is_taken_once_and_answered_from_the_journal_after_that",
            "doubled_turns.py::test_two_servers_asked_at_once_and_late_give_the_same_words_and_one_turn",
            "webhooks.py::test_a_turn_never_offered_is_logged_and_answered_with_the_present_prompt",
            "webhooks.py::test_who_comes_back_to_a_call_that_has_ended_hears_its_end",
        ),
    ),
    Row(
        "SSRF via RecordingUrl/menu media URL",
        "addresses are built from our account and a checked id; passwords go to no other host; menus name files alone",
        (
            "break_ins.py::test_the_address_of_a_recording_that_is_told_is_never_asked",
            "jobs_recordings.py::test_a_message_is_fetched_from_our_account_with_our_password",
            "jobs_recordings.py::test_our_password_never_goes_to_another_host",
            "jobs_recordings.py::test_an_id_that_is_none_of_the_carriers_is_never_asked_for",
            "jobs_recordings.py::test_redirects_in_a_ring_end",
            "load.py::test_music_that_is_not_there_is_told",
        ),
    ),
    Row(
        "Public recordings",
        "recordings are fetched with our password, and heard by whoever may, of whom that is written down",
        (
            "break_ins.py::test_what_callers_left_is_not_among_what_the_carrier_plays",
            "calls_page.py::test_a_recording_is_heard_by_whoever_may_and_each_hearing_is_audited",
            "rights.py::test_a_guessed_recording_is_not_told_from_one_that_is_not_there",
            "carrier_rest.py::test_a_recording_is_not_for_everybody",
        ),
    ),
    Row(
        "Path traversal",
        "files have names of our own; menus and sounds stay in their folders",
        (
            "rights.py::test_no_trick_with_a_recordings_name_reaches_a_file",
            "inbox_page.py::test_no_other_file_is_reached",
            "break_ins.py::test_no_name_of_a_menu_leads_out_of_its_folder",
            "break_ins.py::test_what_callers_left_is_not_among_what_the_carrier_plays",
        ),
    ),
    Row(
        "XSS from SpeechResult, CallerName, city, transcripts, agent notes",
        "all of it is shown as text, under a policy without inline scripts; a log has one line an event",
        (
            "attacks.py::test_no_page_takes_what_people_write_for_its_own",
            "attacks.py::test_a_call_shows_what_was_written_letter_by_letter",
            "headers.py::test_every_answer_has_the_headers_that_guard",
            "people.py::test_every_page_carries_the_strict_policy",
            "chinese.py::test_what_people_wrote_stays_as_it_is_and_never_does_harm",
            "break_ins.py::test_a_line_of_the_log_is_one_line_whatever_is_asked",
        ),
    ),
    Row(
        "TwiML/XML injection",
        "documents are built by twilio's classes alone, without signs that XML cannot hold; no caller's words in them",
        (
            "webhooks.py::test_odd_requests_do_not_disturb_the_call",
            "fuzz.py::test_whatever_the_carrier_tells_it_is_answered_and_by_what_it_understands",
            "render.py::test_events_become_twiml",
            "render.py::test_long_words_are_split_within_the_limits_and_nothing_is_lost",
            "break_ins.py::test_no_document_grows_or_reads_files_in_the_practice_carrier",
            "break_ins.py::test_menus_that_are_a_bomb_are_refused_in_words",
        ),
    ),
    Row(
        "CSV/Excel formula",
        "cells that begin as formulas do get a quote; XLSX has text alone",
        (
            "attacks.py::test_a_spreadsheet_opens_an_export_without_reckoning",
            "calls_page.py::test_no_cell_of_a_file_is_a_formula",
            "break_ins.py::test_no_cell_begins_as_a_formula_does",
        ),
    ),
    Row(
        "SQLi in reports (ORDER BY)",
        "statements are built from our own columns; what is asked for is a parameter, whatever it says",
        (
            "break_ins.py::test_nothing_that_is_looked_for_becomes_a_part_of_a_statement",
            "calls_page.py::test_columns_are_chosen_in_the_address_and_stay_there",
            "crawl.py::test_whatever_is_asked_nothing_fails",
            "fuzz.py::test_no_path_beside_fails",
        ),
    ),
    Row(
        "Account/PIN/OTP brute force by phone",
        "limits by account, by caller and for all, counted before the wallet is asked; unknown and wrong sound alike",
        (
            "guard.py::test_strangers_have_five_wrong_tries_an_hour_and_ten_a_day_on_an_account",
            "guard.py::test_a_caller_pauses_longer_and_longer_and_has_ten_wrong_tries_an_hour",
            "guard.py::test_all_strangers_together_have_a_thousand_an_hour",
            "guard.py::test_killed_in_between_nobody_gets_a_free_try",
            "guard.py::test_a_try_told_again_is_answered_alike_and_counts_once",
            "limited.py::test_an_unknown_account_hears_the_same_words",
            "asking.py::test_three_wrong_pins_lead_to_a_person_and_no_fourth_is_asked",
            "bench.py::test_the_bench_of_unknown_accounts_compares_turns_that_are_answered_alike",
        ),
    ),
    Row(
        "Caller-ID spoofing",
        "who rings proves nothing, and lifts no limit of an account",
        (
            "guard.py::test_calling_from_the_phone_that_was_keyed_lifts_no_limit_of_the_account",
            "guard.py::test_posing_as_many_owners_has_an_end_too_but_not_for_codes",
            "asking.py::test_nobody_is_asked_about_who_has_not_proven_who_they_are",
        ),
    ),
    Row(
        "Freeze-DoS (freezing someone else)",
        "holds lapse after 72 hours, are told to the owner, and are few a day; nothing is unfrozen by phone",
        (
            "wallets.py::test_an_account_is_held_for_72_hours_and_three_times_in_30_days",
            "freeze_first.py::test_the_owner_is_told_of_a_new_hold_by_sms_and_of_an_old_one_not",
            "guard.py::test_a_caller_freezes_thrice_a_day_however_many_others_do",
            "guard.py::test_whoever_forges_an_owners_number_does_not_keep_the_owner_from_freezing",
            "freezing.py::test_codes_are_sent_so_often_an_hour_and_no_oftener",
        ),
    ),
    Row(
        "Social engineering of agents",
        "agents see four digits, and whether it was proven; each whole number shown is written down",
        (
            "desk_page.py::test_a_masked_number_is_shown_by_key_once_the_caller_is_taken",
            "inbox_page.py::test_a_whole_number_is_shown_to_whoever_has_the_caller_and_each_use_is_audited",
            "wallet_desk.py::test_the_card_tells_why_a_caller_is_not_proven",
            "canary.py::test_no_secret_is_found_anywhere",
        ),
    ),
    Row(
        "OTP relay",
        "a code is right once, for ten minutes, in the call and for the act that it was sent for",
        (
            "codes.py::test_a_code_is_right_once",
            "codes.py::test_a_code_that_was_never_sent_or_is_old_is_wrong",
            "codes.py::test_who_tries_or_asks_too_often_is_limited_at_once",
            "freezing.py::test_a_token_serves_its_own_call_and_ten_minutes_only",
        ),
    ),
    Row(
        "Toll fraud",
        "our prefixes alone, one open call back a number, an hour a talk, so many a day; agents' browsers cannot dial",
        (
            "talks.py::test_no_other_number_is_rung",
            "engine.py::test_a_number_that_we_may_not_ring_is_asked_again",
            "desk_offers.py::test_of_one_number_only_one_call_back_is_open",
            "desk_offers.py::test_a_call_back_is_tried_three_times_later_and_later",
            "texts.py::test_one_number_gets_ten_a_day",
            "texts.py::test_a_number_that_may_not_be_rung_is_not_written_to_either",
            "texts.py::test_what_is_beyond_the_days_texts_waits_and_goes_when_there_are_some_again",
            "callbacks.py::test_nobody_is_rung_back_beyond_the_days_call_backs",
            "callbacks.py::test_a_customer_who_is_rung_talks_for_an_hour_at_most",
            "softphone.py::test_a_token_lets_one_identity_be_rung_for_an_hour_and_no_more",
        ),
    ),
    Row(
        "PII/PCI",
        "what callers keyed is sealed, PINs and codes are kept nowhere, and logs tell four digits",
        (
            "canary.py::test_no_secret_is_found_anywhere",
            "canary.py::test_no_secret_is_found_where_servers_were_killed",
            "store_crypto.py::test_nothing_a_caller_keyed_or_rang_from_is_plain_in_any_row",
            "store_crypto.py::test_nothing_a_caller_keyed_or_rang_from_is_plain_in_the_files",
            "taskrouter.py::test_the_caller_is_handed_over_without_personal_data",
            "talks.py::test_a_recording_is_paused_and_goes_on_by_itself",
            "break_ins.py::test_whoever_reads_the_log_sees_no_number",
        ),
    ),
    Row(
        "No secrets in URLs",
        "a PIN or code is in no address, and the ids of requests tell no number",
        (
            "canary.py::test_no_secret_is_found_anywhere",
            "freezing.py::test_the_ids_of_requests_tell_no_number",
            "wallets_http.py::test_a_request_is_signed_as_rfc_9421_says",
        ),
    ),
    Row(
        "Roles",
        "each page needs one right; publishing is apart from editing, hearing from seeing; each has their own work",
        (
            "rights.py::test_each_role_reaches_what_its_rights_allow_and_nothing_else",
            "rights.py::test_a_page_without_a_declared_right_is_refused_to_everybody",
            "rights.py::test_publishing_is_apart_from_editing_and_hearing_from_seeing",
            "inbox_page.py::test_nobody_hears_or_closes_what_is_given_to_another",
            "console_talk.py::test_nothing_is_done_to_a_talk_that_is_not_theirs",
            "draft_pages.py::test_who_may_not_publish_or_edit_is_kept_out",
        ),
    ),
    Row(
        "Console session/CSRF",
        "sessions end on the server, after 2 idle hours, 12 in all; new at login; __Host- cookie; tokens; two factors",
        (
            "people.py::test_nothing_that_was_in_a_session_before_is_in_it_after_logging_in",
            "people.py::test_a_page_that_only_looks_is_out_after_two_hours",
            "people.py::test_a_session_lasts_no_longer_than_a_shift",
            "people.py::test_the_cookie_is_for_us_alone",
            "people.py::test_an_act_without_the_pages_token_is_refused",
            "people.py::test_a_foreign_page_cannot_log_anybody_out",
            "people.py::test_logging_out_ends_the_session_wherever_its_cookie_went",
            "people.py::test_whoever_is_barred_is_out_at_once",
            "people.py::test_five_wrong_passwords_make_a_pause_of_a_minute",
            "doors.py::test_a_spray_over_many_names_from_one_line_is_stopped_and_others_are_not",
            "doors.py::test_nobody_locks_an_agent_out_from_elsewhere_where_they_are_known",
            "factors.py::test_whoever_has_an_app_needs_its_code_after_the_password_and_each_code_once",
            "sso.py::test_what_is_asked_is_bound_to_the_browser_and_to_this_once",
            "break_ins.py::test_nobody_is_led_elsewhere_after_logging_in",
            "break_ins.py::test_a_session_made_up_elsewhere_is_no_session",
        ),
    ),
    Row(
        "Audit",
        "a chain that nobody can change unseen, told before the act; hearings, numbers shown and exports are in it",
        (
            "audit.py::test_whatever_is_done_to_the_log_is_found_and_named",
            "audit.py::test_the_database_itself_refuses_changes",
            "audit.py::test_what_cannot_be_audited_is_refused",
            "doors.py::test_the_audit_log_does_not_grow_by_a_crowd_of_lines_nor_is_anybody_stopped_by_it",
            "calls_page.py::test_a_recording_is_heard_by_whoever_may_and_each_hearing_is_audited",
            "calls_page.py::test_the_log_is_exported_as_it_was_searched_and_that_is_audited",
            "reports_page.py::test_a_file_holds_what_the_page_shows_and_is_audited",
        ),
    ),
    Row(
        "Fail-closed",
        "what cannot be checked is refused; a fault of ours is heard as an apology and a way to a person",
        (
            "guard.py::test_without_its_database_nobody_may_try",
            "rights.py::test_a_page_without_a_declared_right_is_refused_to_everybody",
            "audit.py::test_a_lost_head_lets_nothing_be_added_and_is_found",
            "sso.py::test_a_provider_that_is_away_lets_nobody_in_and_breaks_nothing",
            "webhooks.py::test_a_fault_of_ours_is_heard_in_the_callers_language_only",
            "webhooks.py::test_the_lifeboat_leads_to_a_message_without_the_database",
        ),
    ),
    Row(
        "Resource exhaustion",
        "time-outs, bounded queues, sizes and connections; bombs are refused unread",
        (
            "webhooks.py::test_a_body_over_64_kb_is_refused_before_it_is_read",
            "crowd.py::test_a_storm_while_the_database_is_locked_leaves_every_caller_answered_in_time",
            "crowd.py::test_forgers_cost_less_than_calls_and_calls_go_on_amid_them",
            "admission.py::test_whoever_forges_again_and_again_is_not_heard_for_a_minute",
            "store_writer.py::test_too_many_waiting_turns_are_refused_at_once",
            "store_engine.py::test_a_locked_database_is_an_error_after_seconds",
            "wallets_http.py::test_a_wallet_that_keeps_failing_is_left_alone_and_tried_by_one",
            "jobs_recordings.py::test_a_file_over_the_limit_is_cut_off",
            "prompts_page.py::test_two_minutes_are_taken_and_what_is_larger_is_refused_unread",
            "break_ins.py::test_menus_that_are_a_bomb_are_refused_in_words",
            "break_ins.py::test_a_flow_that_is_a_bomb_is_refused_in_words",
            "break_ins.py::test_no_text_takes_long_to_be_masked",
        ),
    ),
    Row(
        "Secrets & supply chain",
        "secrets and tokens rotate with old and new at once; exact versions, audited where advisories are reached",
        (
            "store_crypto.py::test_rows_of_an_old_secret_are_read_and_found_after_it_was_replaced",
            "audit.py::test_entries_stay_whole_after_a_new_secret",
            "start.py::test_a_wrong_setting_says_what_to_do",
            "supply.py::test_holes_and_blindness_are_told_apart",
            "supply.py::test_every_release_is_named_exactly_and_the_probe_is_none_of_them",
        ),
    ),
    Row(
        "Voice tokens",
        "an hour, for the agent who is logged in, to be rung alone",
        (
            "softphone.py::test_a_token_lets_one_identity_be_rung_for_an_hour_and_no_more",
            "softphone.py::test_a_token_is_for_the_agent_who_is_logged_in_and_asks_by_the_page",
        ),
    ),
)


def threats(table: str) -> list[str]:
    """Return the threats of the table of attacks in this text."""
    rows = re.findall(r"^\|([^|]*)\|", table.split("## Attacks")[1].split("\n## ")[0], re.MULTILINE)
    return [row.strip() for row in rows[2:]]


class Told:
    """Notes how each test ended, of one with several cases the worst."""

    def __init__(self) -> None:
        self.ends: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the end of a part of a test."""
        name = report.nodeid.split("[")[0]
        if report.failed:
            self.ends[name] = "FAILED"
        elif report.skipped:
            self.ends.setdefault(name, "skipped")
        elif report.when == "call" and self.ends.get(name) != "FAILED":
            self.ends[name] = "holds"


def lines(ends: dict[str, str]) -> Iterator[str]:
    """Yield the table: threat, test, result."""
    yield "| threat | held by | test | result |"
    yield "|---|---|---|---|"
    for row in ROWS:
        for number, node in enumerate(row.nodes):
            first = (row.threat, row.control) if number == 0 else ("", "")
            yield f"| {first[0]} | {first[1]} | `{node.removeprefix('tests/')}` | {ends.get(node, 'NOT RUN')} |"


def main() -> int:
    """Run every test of the table, print it, and return 0 where all of it holds."""
    told, nodes = Told(), sorted({node for row in ROWS for node in row.nodes})
    code = int(pytest.main(["-q", "-n0", "-p", "no:cacheprovider", *nodes], plugins=[told]))
    print(*lines(told.ends), sep="\n")
    wrong = [node for node in nodes if told.ends.get(node) != "holds"]
    print(f"{len(ROWS)} rows, {len(nodes)} tests, {len(wrong)} of them do not hold", *wrong, sep="\n  ")
    return code or bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
