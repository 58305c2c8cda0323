"""What the long storms did, in one table at the end of a run; on all processors."""

HEAD = ("kind and variant", "seed", "entries", "edits", "deleted", "requests", "kills", "there")


def pytest_terminal_summary(terminalreporter):
    reports = terminalreporter.stats.get("passed", [])
    rows = sorted(value for one in reports if one.when == "call" for name, value in one.user_properties if name == "storm")
    if not rows:
        return
    terminalreporter.section("storms: created, edited and deleted at random, the target misbehaving, the daemon killed")
    for row in (HEAD, *rows):
        name, *counts = row
        terminalreporter.write_line(f"{name:45}" + "".join(f"  {count:>9}" for count in counts))
