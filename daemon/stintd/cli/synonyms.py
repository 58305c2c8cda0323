"""Words that people try and stint calls otherwise: each with the command that does it."""

_DELETE = "`stint delete ID` deletes an entry (`stint log` shows ids); `stint projects delete NAME` deletes a project"
_LIST = "`stint log` lists entries; `stint projects`, `stint clients` and `stint tasks` list those"
_INVOICE = "`stint report last month --invoice --client Acme` prints hours, rates and amounts for an invoice"
_TOTALS = "`stint report last month` prints totals, `stint status` today's total"
_BUDGET = "`stint projects edit acme --budget-hours 40` sets how many hours are agreed"
_BREAK = (
    "`stint pause` pauses the running timer; `stint gaps` lists time without an entry, `stint fill GAP acme` fills it with work"
)
_CALENDAR = "meetings come from the calendars in your settings: `stint config edit`, table [calendar]"
_START = "`stint start acme` starts a manual timer; saves and commits start one automatically"
_STOP = "`stint stop` stops the running timer"
_MESSAGE = "`stint edit ID --message TEXT` says what an entry was about; `stint log` shows ids"
_SETTINGS = "`stint config get --all` lists the settings, `stint config set KEY VALUE` changes one"
_SETUP = "`stint up ~/code` watches your repositories; then `stint hooks install git` and `stint service install`"
_ICAL = "`stint export ical --output hours.ics` writes entries for a calendar, `stint import ical FILE` reads them"
_LEDGER = "`stint export timeclock --output hours.timeclock` writes entries for hledger and ledger"
_SEND = "`stint sync` sends approved hours now, `stint sync --dry-run` shows what would be sent"
_DOWN = "`stint down` stops the daemon"
_PEOPLE = "`stint users` lists the people of the workspace"
_DASH = "`stint dash` opens the dashboard in your browser"

HINTS = {
    "bill": _INVOICE,
    "billing": _INVOICE,
    "invoice": _INVOICE,
    "invoices": _INVOICE,
    "rate": "`stint projects edit acme --rate 95 --currency EUR` sets an hourly rate",
    "list": _LIST,
    "ls": _LIST,
    "show": _LIST,
    "entries": "`stint log last week` lists entries",
    "history": "`stint log last week` lists entries, `stint undo --list` the latest edits",
    "rm": _DELETE,
    "remove": _DELETE,
    "del": _DELETE,
    "today": "`stint day` shows today as a timeline, `stint status` the running timer and today's total",
    "yesterday": "`stint day yesterday` shows it as a timeline, `stint log yesterday` its entries",
    "month": "`stint report last month` prints its totals",
    "year": "`stint heatmap` shows a year of days",
    "sum": _TOTALS,
    "total": _TOTALS,
    "totals": _TOTALS,
    "time": _TOTALS,
    "hours": _TOTALS,
    "summary": _TOTALS,
    "goal": _BUDGET,
    "goals": _BUDGET,
    "budget": _BUDGET,
    "break": _BREAK,
    "lunch": _BREAK,
    "idle": "`stint gaps` lists time without an entry; `stint config get time.idle_timeout` shows the idle timeout",
    "away": _BREAK,
    "calendar": _CALENDAR,
    "calendars": _CALENDAR,
    "meeting": _CALENDAR,
    "meetings": _CALENDAR,
    "forgot": "`stint start acme --at -20m` starts a timer in the past; `stint add acme 14:00-15:30` enters past work",
    "csv": "`stint export csv last month --output hours.csv` writes entries, `stint import csv FILE` reads them",
    "ics": _ICAL,
    "ical": _ICAL,
    "hledger": _LEDGER,
    "ledger": _LEDGER,
    "timeclock": _LEDGER,
    "pomodoro": "there is no timer that counts down; `stint start acme` and `stint stop` run a manual timer",
    "track": _START,
    "timer": _START,
    "timers": _START,
    "begin": _START,
    "in": _START,
    "clock": _START,
    "end": _STOP,
    "out": _STOP,
    "finish": _STOP,
    "done": _STOP,
    "note": _MESSAGE,
    "comment": _MESSAGE,
    "describe": _MESSAGE,
    "tag": "`stint edit ID --tag TAG` sets the tags of an entry; `stint report --by tag` sums by tag",
    "rename": "`stint projects edit acme --name NEW` renames a project; clients and tasks likewise",
    "abort": "`stint cancel` discards the manual timer",
    "discard": "`stint cancel` discards the manual timer",
    "lock": "`stint approve last week` approves and locks a period",
    "unlock": "`stint unapprove last week` opens an approved period again",
    "confirm": "`stint edit ID --confirm` confirms an estimated entry, `stint approve last week` approves a period",
    "submit": _SEND,
    "send": _SEND,
    "deliver": _SEND,
    "upload": _SEND,
    "settings": _SETTINGS,
    "preferences": _SETTINGS,
    "set": _SETTINGS,
    "get": _SETTINGS,
    "init": _SETUP,
    "setup": _SETUP,
    "install": _SETUP,
    "uninstall": "`stint hooks uninstall` removes the hooks, `stint service uninstall` the service",
    "quit": _DOWN,
    "exit": _DOWN,
    "kill": _DOWN,
    "shutdown": _DOWN,
    "team": _PEOPLE,
    "people": _PEOPLE,
    "members": _PEOPLE,
    "web": _DASH,
    "ui": _DASH,
    "open": _DASH,
    "private": "`stint off` switches recording off, `stint off --for 2h` for a while; `stint on` switches it on",
    "incognito": "`stint off` switches recording off, `stint off --for 2h` for a while; `stint on` switches it on",
    "restore": "`stint backup list` shows the backups, `stint backup restore FILE` restores one",
}
