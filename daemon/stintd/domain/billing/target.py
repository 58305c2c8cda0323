"""The settings of a billing target: what is sent there, when, under which names, and with which description.

`able` says what the target's connector can do, and the rules adapt to it. Pure: names and ids in, decisions out.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, timedelta
from typing import Final, Literal

from stintd.domain.billing.rounding import Rounding
from stintd.domain.model import Actor, ShownOrigin
from stintd.domain.pattern import compose
from stintd.domain.ticket import key_forms
from stintd.frozen import frozen

DeliverWhen = Literal["approved", "auto"]
APPROVED: Final = "approved"
AUTO: Final = "auto"
SUBJECTS, TASK, NONE = "subjects", "task", "none"
TASK_KEY = "{task}"


@frozen
class Abilities:
    """What a connector can do. `finished`: accept finished entries. `live`: show running timers. `client_id`: an entry sent
    twice with our id is there only once. `can_look`: look up what is there. `day_based`: the target keeps days and lengths, no
    instants. `moves`, `redates`: an update may also change the place, the day; otherwise the entry there is deleted and
    created again. `corrects`: an entry that can be neither changed nor deleted is corrected by another one with the
    difference, which may be negative. `creates_places`: places can be created there (`ports.RemotePlaceMaker`).
    `knows_all`: its list of places is complete; a mapping to any other place is wrong. `has_tasks`: its tasks can be looked
    up (`ports.TaskBook`). `grain`: the smallest length it keeps, in seconds. `needs`: what a mapping must name (`a|b`: one of
    them); `takes`: what it may name in addition. `settings`: what must be known of the account besides its key.
    `calls_per_hour`: the requests that its service allows at least."""

    finished: bool = True
    live: bool = False
    update: bool = True
    delete: bool = True
    client_id: bool = False
    can_look: bool = False
    day_based: bool = False
    billable: bool = False
    tags: bool = False
    pauses: bool = False
    has_tasks: bool = False
    moves: bool = True
    redates: bool = True
    corrects: bool = False
    creates_places: bool = False
    knows_all: bool = True
    grain: int = 1
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    calls_per_hour: int = 3600


@frozen
class TargetRule:
    """One `[[targets.NAME.map]]`: all conditions that are set must match. `remote` names the place there. In it, `{task}`
    stands for the key of the entry's task, as a branch names it; a rule with `{task}` takes no entry without a task key.
    `rounding` overrides the target's own."""

    remote: Mapping[str, str]
    project: str | None = None
    task: str | None = None
    client: str | None = None
    tag: str | None = None
    billable: bool | None = None
    rounding: Rounding | None = None


@frozen
class Target:
    """The settings of one target. `since`: nothing older is ever sent; None until the day of connecting is known. `tags`: what
    our tags are called there, "" for a tag that is not sent."""

    name: str
    kind: str
    base_url: str = ""
    since: date | None = None
    deliver: DeliverWhen = APPROVED
    settle: timedelta = timedelta(minutes=10)
    retry_initial: timedelta = timedelta(seconds=5)
    retry_max: timedelta = timedelta(hours=1)
    calls_per_hour: int = 0
    rounding: Rounding = field(default_factory=Rounding)
    description: str = SUBJECTS
    live: bool = False
    key: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[TargetRule, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


@frozen
class EntryFacts:
    """The facts of an entry that decide whether and where it is sent. `aliases`: the earlier names of its project."""

    project: str | None
    task: str | None
    client: str | None
    tags: tuple[str, ...] = ()
    description: str = ""
    actor: Actor = "human"
    origin: ShownOrigin = "auto"
    is_finished: bool = True
    is_confirmed: bool = True
    is_approved: bool = False
    is_billable: bool = False
    is_doubted: bool = False
    day: date = date.max
    task_key: str = ""
    aliases: tuple[str, ...] = ()


@frozen
class Hold:
    """Why an entry is not sent yet, and what to do about it."""

    reason: str
    remedy: str


def place(target: Target, entry: EntryFacts) -> Mapping[str, str] | None:
    """The place at the target that an entry goes to, by the most specific matching rule (the first of equals); None when no
    rule matches."""
    rule = rule_for(target, entry)
    return None if rule is None else {name: value.replace(TASK_KEY, entry.task_key) for name, value in rule.remote.items()}


def rule_for(target: Target, entry: EntryFacts) -> TargetRule | None:
    """The most specific rule that matches an entry, the first of equals; None when none does."""
    rules = [rule for rule in target.rules if _matches(rule, entry) and (entry.task_key or not _asks_task(rule))]
    return max(rules, key=_weight, default=None)


def rounding_for(target: Target, entry: EntryFacts) -> Rounding:
    """How the length of an entry is rounded there."""
    rule = rule_for(target, entry)
    return target.rounding if rule is None or rule.rounding is None else rule.rounding


def tags_of(target: Target, entry: EntryFacts) -> list[str]:
    """An entry's tags by their names at the target, each once."""
    names = {ours.casefold(): theirs for ours, theirs in target.tags.items()}
    return list(dict.fromkeys(name for tag in entry.tags if (name := names.get(tag.casefold(), tag))))


def missing_need(able: Abilities, remote: Mapping[str, str]) -> str | None:
    """The first name that a mapping needs and lacks; None when it has all."""
    return next((need for need in able.needs if not any(remote.get(name) for name in need.split("|"))), None)


def _asks_task(rule: TargetRule) -> bool:
    return any(TASK_KEY in value for value in rule.remote.values())


def _matches(rule: TargetRule, entry: EntryFacts) -> bool:
    """Whether all conditions of a rule match. A rule without conditions takes everything: its owner wrote it that way."""
    return (
        any(_is_met(rule.project, name) for name in (entry.project, *entry.aliases))
        and _is_task(rule.task, entry)
        and _is_met(rule.client, entry.client)
        and (rule.tag is None or any(_is_met(rule.tag, tag) for tag in entry.tags))
        and rule.billable in (None, entry.is_billable)
    )


def fold(name: str) -> str:
    """The form in which the conditions of rules are compared: without case, and in one Unicode form."""
    return compose(name).casefold()


def _is_met(wanted: str | None, value: str | None) -> bool:
    return wanted is None or (value is not None and fold(wanted) == fold(value))


def _is_task(wanted: str | None, entry: EntryFacts) -> bool:
    """Whether this is the entry's task, by its name or its key, with or without ClickUp's prefix."""
    if wanted is None or _is_met(wanted, entry.task):
        return True
    return bool(entry.task_key) and any(_is_met(form, entry.task_key) for form in key_forms(wanted))


def _weight(rule: TargetRule) -> int:
    """How specific a rule is: a task counts more than a project, a project more than a tag, a tag more than a client, and a
    client more than whether the entry is billed."""
    conditions = (rule.billable, rule.client, rule.tag, rule.project, rule.task)
    return sum(1 << place for place, condition in enumerate(conditions) if condition is not None)


def hold(target: Target, entry: EntryFacts, able: Abilities) -> Hold | None:
    """What keeps an entry from being sent, None when nothing does. Checked in the order in which a person would fix it."""
    if not entry.is_finished:
        return Hold("the timer is still running", "`stint stop` ends it")
    if not able.finished:
        return Hold(f"{target.kind} accepts no finished entries", "enter it there by hand, then `stint outbox drop ID`")
    if place(target, entry) is None:
        return mapping_hold(target, entry, able)
    if not entry.is_approved:
        return _approval_hold(target, entry)
    if entry.actor == "agent" and not entry.is_billable:
        return Hold("it is agents' time, and its project does not bill that", "to send it, set bill_agent_time for the project")
    return None


def _approval_hold(target: Target, entry: EntryFacts) -> Hold | None:
    remedy = f"`stint approve {entry.day}`"
    if target.deliver != AUTO:
        return Hold("not approved", remedy)
    if entry.is_doubted:
        text = "it may already be there: the database was restored from a backup made before it was sent"
        return Hold(text, f"look at {target.name}, then {remedy} for what is missing there")
    if entry.actor == "agent":
        return Hold("agents' time is never sent without approval", remedy)
    if entry.origin == "backfill":
        return Hold("estimated time is never sent without approval", remedy)
    if not entry.is_confirmed:
        return Hold("unconfirmed time is never sent without approval", remedy)
    return None


def mapping_hold(target: Target, entry: EntryFacts, able: Abilities) -> Hold:
    """Why no mapping says where this entry goes; the remedy is the command that says it."""
    if entry.project is None:
        return Hold("it has no project", "`stint edit ID --project NAME`")
    if any(_matches(rule, entry) for rule in target.rules):
        return Hold("it has no task, and its mapping needs one", "`stint edit ID --task KEY`")
    fields = " ".join(f"{name.split('|')[0]}=ID" for name in able.needs)
    return Hold(f"{entry.project} is not mapped", f"`stint targets map {target.name} --project '{entry.project}' {fields}`")


def description_text(target: Target, entry: EntryFacts) -> str:
    """The description by the target's rule. Control characters from branches and subjects are never sent."""
    rule = target.description
    text = {SUBJECTS: entry.description, TASK: entry.task or "", NONE: ""}.get(rule, rule)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:1000]
