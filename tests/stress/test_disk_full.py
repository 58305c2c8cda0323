"""A full disk: told with 507 and a warning, survived, left by itself, nothing answered lost."""

from tests.stress.places import play


def test_a_full_disk_refuses_what_it_cannot_store_and_recovers_by_itself(tmp_path):
    assert "storage_full" in play("full_disk", tmp_path / "disk")


def test_the_warning_of_a_full_disk_goes_though_nobody_asks(tmp_path):
    play("full_disk_alone", tmp_path / "disk")


def test_a_disk_full_at_the_start_is_said_in_words(tmp_path):
    play("full_at_start", tmp_path / "disk")
