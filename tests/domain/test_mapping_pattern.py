"""Globs as the owner writes them."""

from itertools import product
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.noise.filename import is_excluded
from stintd.domain.pattern import folders_up, glob, is_within, path_pattern


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a*c", "abc", True), ("a*c", "a/c", False), ("a**c", "a/b/c", True), ("a?c", "abc", True), ("a?c", "a/c", False),
        ("[ab]c", "bc", True), ("[!ab]c", "bc", False), ("a.c", "abc", False), ("**/x", "x", True), ("**/x", "a/b/x", True),
        ("[", "[", True), ("release/*", "release/1.2", True), ("feature/**", "feature/a/b", True), ("[]]", "]", True),
    ],
)  # fmt: skip
def test_globs(pattern, text, matches):
    assert (glob(pattern).fullmatch(text) is not None) == matches


@given(st.text("ab*?[]!/.-", max_size=12), st.text("ab/.", max_size=12))
def test_any_pattern_can_be_asked(pattern, path):
    found = path_pattern(pattern)
    assert found.matches("/" + path) in (True, False)
    assert found.may_match_below("/" + path) in (True, False)


parts = st.lists(st.sampled_from(["a", "b", "c*", "*", "**"]), min_size=1, max_size=4)
folders = st.lists(st.sampled_from(["a", "b", "c1"]), min_size=1, max_size=3)


@given(parts, folders, folders)
def test_what_matches_below_a_folder_was_announced(pattern, folder, below):
    found = path_pattern("/" + "/".join(pattern))
    base = "/" + "/".join(folder)
    if found.matches(f"{base}/{'/'.join(below)}") and not found.matches(base):
        assert found.may_match_below(base)


@given(parts, folders, folders)
def test_below_what_matches_everything_matches(pattern, folder, below):
    found = path_pattern("/" + "/".join(pattern))
    base = "/" + "/".join(folder)
    if found.matches(base):
        assert found.matches(f"{base}/{'/'.join(below)}")


def test_folders_are_walked_up_to_the_top_and_not_beyond():
    assert folders_up("/a/b/c", "/a") == ["/a/b/c", "/a/b", "/a"]
    assert folders_up("/x/y", "/a") == ["/x/y"]
    assert folders_up("/a/b", "/") == ["/a/b", "/a", "/"]
    assert is_within("/a/b", "/a")
    assert not is_within("/ab", "/a")


def test_a_pattern_matches_the_path_in_either_unicode_form():
    for written, told in product(("NFC", "NFD"), repeat=2):
        pattern, path = normalize(written, "/code/Café/**"), normalize(told, "/code/Café/a.py")
        assert path_pattern(pattern).matches(path)
        assert path_pattern(normalize(written, "/code/*é/src")).may_match_below(normalize(told, "/code/Café"))
        assert is_excluded(path, [pattern])
        assert not path_pattern(pattern).matches("/code/Cafe/a.py")
