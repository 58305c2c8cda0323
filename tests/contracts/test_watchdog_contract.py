"""What `sources/inotify.py` needs of watchdog's `InotifyFD`, which is documented in its source only."""

import logging
import os
import sys
import threading
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support import poll_until

if sys.platform != "linux":
    pytest.skip("inotify is Linux's", allow_module_level=True)

from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, Mask, WatchDescriptor

pytestmark = pytest.mark.smoke

WRITTEN, CREATED, OVERFLOW = 0x8, 0x100, 0x4000
MASK = Mask(WRITTEN | CREATED | 0x400 | 0x01000000)


class Callback:
    def __init__(self) -> None:
        self.events: list[InotifyEvent] = []
        self.deleted: list[int] = []
        self.overflows = 0

    def on_event(self, event: InotifyEvent) -> None:
        self.events.append(event)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        self.deleted.append(wd)

    def on_queue_overflow(self) -> None:
        self.overflows += 1


@pytest.fixture
def instance() -> object:
    fd = InotifyFD()
    fd.start()
    yield fd
    fd.stop()
    fd.join(5)
    assert not fd.is_alive()


def test_watchdog_is_of_the_version_these_tests_were_written_for() -> None:
    assert version("watchdog").split(".")[0] == "7"


def test_events_come_with_descriptor_mask_and_bare_name(instance: InotifyFD, tmp_path: Path) -> None:
    callback = Callback()
    wd = instance.add_callback(os.fsencode(tmp_path), MASK, callback, CallbackId(1))
    (tmp_path / "a").write_text("x")
    poll_until(lambda: any(e.mask & WRITTEN for e in callback.events))
    assert {(e.wd, e.name) for e in callback.events} == {(wd, b"a")}


def test_two_callbacks_of_one_folder_share_a_watch_and_are_both_called(instance: InotifyFD, tmp_path: Path) -> None:
    one, two = Callback(), Callback()
    first = instance.add_callback(os.fsencode(tmp_path), MASK, one, CallbackId(1))
    assert instance.add_callback(os.fsencode(tmp_path), MASK, two, CallbackId(2)) == first
    (tmp_path / "a").write_text("x")
    poll_until(lambda: one.events and two.events)
    instance.remove_callbacks([(first, CallbackId(1))])
    before = len(one.events)
    (tmp_path / "b").write_text("x")
    poll_until(lambda: any(e.name == b"b" for e in two.events))
    assert len(one.events) == before


def test_any_hashable_value_serves_as_id(instance: InotifyFD, tmp_path: Path) -> None:
    name: CallbackId = "one"  # type: ignore[assignment]
    wd = instance.add_callback(os.fsencode(tmp_path), MASK, Callback(), name)
    instance.remove_callbacks([(wd, name)])


def test_a_deleted_folder_ends_its_watch_and_tells_so(instance: InotifyFD, tmp_path: Path) -> None:
    callback = Callback()
    (tmp_path / "gone").mkdir()
    wd = instance.add_callback(os.fsencode(tmp_path / "gone"), MASK, callback, CallbackId(1))
    (tmp_path / "gone").rmdir()
    poll_until(lambda: callback.deleted == [wd])


def test_removing_a_watch_that_the_kernel_ended_does_no_harm(instance: InotifyFD, tmp_path: Path) -> None:
    callback = Callback()
    (tmp_path / "gone").mkdir()
    wd = instance.add_callback(os.fsencode(tmp_path / "gone"), MASK, callback, CallbackId(1))
    (tmp_path / "gone").rmdir()
    instance.remove_callbacks([(wd, CallbackId(1)), (WatchDescriptor(9999), CallbackId(1))])


def test_a_missing_folder_and_a_file_raise(instance: InotifyFD, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for name, error in (("nothing", FileNotFoundError), ("file", NotADirectoryError)):
        with pytest.raises(error):
            instance.add_callback(os.fsencode(tmp_path / name), MASK, Callback(), CallbackId(1))


def test_a_callback_may_add_and_remove_watches(instance: InotifyFD, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    inner = Callback()

    class Adding(Callback):
        def on_event(self, event: InotifyEvent) -> None:
            if event.name == b"a" and not self.events:
                wd = instance.add_callback(os.fsencode(tmp_path / "b"), MASK, inner, CallbackId(2))
                instance.remove_callbacks([(wd, CallbackId(2))])
                instance.add_callback(os.fsencode(tmp_path / "b"), MASK, inner, CallbackId(2))
            super().on_event(event)

    outer = Adding()
    instance.add_callback(os.fsencode(tmp_path), MASK, outer, CallbackId(1))
    (tmp_path / "a").write_text("x")
    poll_until(lambda: outer.events)
    (tmp_path / "b/c").write_text("x")
    poll_until(lambda: inner.events)


def test_an_overflow_is_told_to_every_callback_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fd = InotifyFD()
    callback, other = Callback(), Callback()
    (tmp_path / "b").mkdir()
    fd.add_callback(os.fsencode(tmp_path), MASK, callback, CallbackId(1))
    fd.add_callback(os.fsencode(tmp_path / "b"), MASK, callback, CallbackId(1))
    fd.add_callback(os.fsencode(tmp_path / "b"), MASK, other, CallbackId(2))
    with caplog.at_level(logging.CRITICAL):
        fd.handle_event(InotifyEvent(WatchDescriptor(-1), Mask(OVERFLOW), 0, b""))
    assert (callback.overflows, other.overflows) == (1, 1)
    fd.start()
    fd.stop()
    fd.join(5)


def test_what_a_subclass_relies_on_is_there() -> None:
    fd = InotifyFD()
    assert isinstance(fd, threading.Thread)
    assert fd.daemon
    os.set_inheritable(fd._inotify_fd, False)  # without that name, programs we start would hold the watches open
    assert fd.should_keep_running()
    assert not fd.stopped_event.is_set()
    fd.start()
    fd.stop()
    assert fd.stopped_event.is_set()
    fd.join(5)
    assert fd.read_events(event_buffer_size=4096) == []
