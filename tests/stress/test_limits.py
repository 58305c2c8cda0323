"""Too few watches, or no inotify at all: said with its remedy, nothing silently unwatched, edits and commits still noticed."""

import pytest

from tests.stress.places import play


@pytest.mark.parametrize("scene", ["no_watches", "no_instances"])
def test_a_watch_limit_is_said_and_sweeps_find_what_was_done(tmp_path, scene):
    play(scene, tmp_path / "place")
