"""Columns on a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from stintd.cli.commands.day import _Cell
from stintd.cli.layout import Column, align_left, align_right, bar, fit, fit_painted, table, width, wrap


def test_wide_characters_take_two_columns_and_combining_ones_none():
    assert width("日本") == 4
    assert width("e\u0301") == 1


@given(st.text(max_size=40), st.integers(0, 40))
def test_cutting_never_leaves_more_than_the_room(text, room):
    assert width(fit(text, room)) <= room or room == 0
    assert width(align_left(text, room)) == room
    assert width(align_right(text, room)) == room


@given(st.lists(st.lists(st.text(max_size=30), min_size=3, max_size=3), min_size=1, max_size=5), st.integers(20, 120))
def test_a_table_keeps_to_its_room_when_its_columns_give_way(rows, room):
    shape = [Column("name", gives_way=True), Column("note", gives_way=True), Column("", gives_way=True, least=1)]
    assert all(width(line) <= max(room, 6 + 6 + 1 + 4) for line in table(shape, rows, room))


def test_a_bar_shows_something_for_anything_and_is_full_at_one():
    assert bar(0, 10) == ""
    assert bar(0.0001, 10) == "▏"
    assert bar(1, 10) == "█" * 10
    assert bar(7, 10) == "█" * 10


def test_long_text_is_wrapped_at_spaces_and_long_words_are_cut():
    assert wrap("one two three", 9, " ") == [" one two", " three"]
    assert width(wrap("x" * 50, 20)[0]) == 20


def test_colours_take_no_columns_and_are_ended_where_text_is_cut():
    assert fit_painted("\x1b[1mabc\x1b[0m", 3) == "\x1b[1mabc\x1b[0m"
    assert fit_painted("\x1b[1mabcdef\x1b[0m", 3) == "\x1b[1mabc\x1b[0m"
    assert fit_painted("日本", 3) == "日"


def test_a_path_that_is_too_long_keeps_its_end():
    shape = [Column("repository", gives_way=True, keeps_end=True), Column("branch")]
    assert table(shape, [["/home/ada/code/clients/acme/parser", "main"]], 24)[1].startswith("…")
    assert "acme/parser" in table(shape, [["/home/ada/code/clients/acme/parser", "main"]], 24)[1]


@given(st.floats(0, 1.5), st.floats(0, 1))
def test_every_share_of_a_column_has_a_glyph(share, begin):
    cell = _Cell()
    cell.add(begin, begin + share)
    assert len(cell.glyph()) == 1
