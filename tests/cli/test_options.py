"""Words after a verb."""

import pytest

from stintd.cli.options import Operand, Option, UsageError, Verb, help_text, parse

VERB = Verb(
    "mend", lambda words: None, "mend something", (Operand("FIRST"), Operand("REST", "*")),
    (Option("--task -t", "a task", "TASK"), Option("--tag", "a tag", "TAG", is_list=True),
     Option("--billable", "billed", has_no=True), Option("--quiet -q", "say less"),
     Option("--mode", "how", "MODE", choices=("soft", "hard"))),
)  # fmt: skip


def test_a_time_ago_is_a_value_and_not_an_option():
    assert parse(VERB, ["x", "-t", "-15m"]).task == "-15m"
    assert parse(VERB, ["x", "--task=-15m"]).task == "-15m"
    assert parse(VERB, ["-15m", "y"]).first == "-15m"


def test_letters_take_their_value_attached():
    assert parse(VERB, ["x", "-tDEV-1"]).task == "DEV-1"


def test_lists_grow_and_flags_have_a_no():
    words = parse(VERB, ["x", "--tag", "a", "--tag=b", "--no-billable", "-q"])
    assert (words.tag, words.billable, words.quiet) == (["a", "b"], False, True)
    assert parse(VERB, ["x"]).billable is None


def test_everything_after_two_dashes_is_an_operand():
    assert parse(VERB, ["--", "--task", "x"]).rest == ["x"]
    assert parse(VERB, ["--", "--task", "x"]).first == "--task"


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "needs FIRST"), (["x", "--tusk", "y"], "no option --tusk"), (["x", "--task"], "needs a value"),
        (["x", "--quiet=1"], "takes no value"), (["x", "--mode", "odd"], "cannot be odd"),
    ],
)  # fmt: skip
def test_wrong_words_are_refused_by_name(argv, says):
    with pytest.raises(UsageError, match=says) as caught:
        parse(VERB, argv)
    assert caught.value.hint


def test_operands_are_shared_out_from_the_left_and_needed_ones_come_first():
    verb = Verb("f", lambda words: None, "", (Operand("A", "?"), Operand("B", "+"), Operand("C")))
    words = parse(verb, ["1", "2", "3", "4"])
    assert (words.a, words.b, words.c) == ("1", ["2", "3"], "4")
    words = parse(verb, ["1", "2"])
    assert (words.a, words.b, words.c) == (None, ["1"], "2")


def test_help_names_every_option_and_operand():
    text = help_text(VERB)
    for word in ("FIRST", "[REST…]", "--task, -t TASK", "--billable, --no-billable", "--json"):
        assert word in text


@pytest.mark.parametrize(("argv", "format_"), [(["ics"], "ical"), (["ical"], "ical")])
def test_another_word_for_a_choice_is_that_choice(argv, format_):
    verb = Verb("f", lambda words: None, "", (Operand("FORMAT", choices=("csv", "ical"), aliases={"ics": "ical"}),))
    assert parse(verb, argv).format == format_
    with pytest.raises(UsageError, match="cannot be ods"):
        parse(verb, ["ods"])


def test_choices_are_in_the_help_once():
    told = Verb("f", lambda words: None, "write csv, ical", (Operand("FORMAT", choices=("csv", "ical")),))
    untold = Verb("f", lambda words: None, "write", (Operand("FORMAT", choices=("csv", "ical")),))
    assert [help_text(verb).count("csv, ical") for verb in (told, untold)] == [1, 1]
