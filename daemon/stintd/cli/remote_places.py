"""`stint targets places` and `match`: where hours can go at a billing system, and which project goes where by its name."""

from __future__ import annotations

import json
import sys

from stintd.cli.answer import Answer, Rows
from stintd.cli.options import Words
from stintd.cli.text import bold, dim, for_terminal, warn
from stintd.client.control import Control
from stintd.errors import Invalid

SURE = ("exact", "normalised")


def id_text(remote: Answer) -> str:
    """A place as a mapping names it."""
    return " ".join(f"{name}={for_terminal(value)}" for name, value in remote.items())


def show_places(words: Words, control: Control) -> None:
    """What the service has."""
    answer = control.get(f"/api/targets/{words.target}/places", refresh=words.refresh or None)
    if words.json:
        print(json.dumps(answer))
        return
    for place in answer["data"]:
        client = f"  {for_terminal(place['client'])}" if place["client"] else ""
        gone = f"  {warn('archived or deleted there')}" if place["gone"] else ""
        print(f"{for_terminal(place['name'])}{client}  {dim(id_text(place['remote']))}{gone}")
    if not answer["data"]:
        print(dim("it lists no places; `stint targets map` accepts any you name"))
    _print_trouble(answer)


def match_places(words: Words, control: Control) -> None:
    """Propose, ask, map."""
    more = dict(pair.partition("=")[::2] for pair in words.remote)
    if not all(more.values()):
        raise Invalid("each field of a mapping needs a value", f"stint targets match {words.target} activity_id=9")
    answer = control.get(f"/api/targets/{words.target}/match", refresh=words.refresh or None)
    if words.json and not words.yes:
        print(json.dumps(answer))
        return
    proposals = answer["proposals"]
    chosen = _choose(proposals, more, words) if proposals else []
    made = _create(answer, more, words, control) if words.create else []
    mapped = [*chosen, *made]
    if mapped:
        control.post(f"/api/targets/{words.target}/rules", {"rules": mapped})
    if words.json:
        print(json.dumps({"name": words.target, "mapped": mapped}))
        return
    _print_outcome(answer, mapped, words)


def _choose(proposals: Rows, more: dict[str, str], words: Words) -> Rows:
    """Rules for the proposals that you agreed to."""
    sure = [proposal for proposal in proposals if proposal["how"] in SURE and _is_whole(proposal, more)]
    alike = [proposal for proposal in proposals if proposal["how"] == "fuzzy" and _is_whole(proposal, more)]
    for proposal in proposals:
        if not words.json:
            print(_line(proposal, more))
    agreed = sure if sure and _confirm(words, f"map {len(sure)} with the same name?") else []
    for proposal in alike if not words.yes else []:
        if _confirm(words, f"{for_terminal(_label(proposal))} is only similar: map it to {for_terminal(proposal['place'])}?"):
            agreed = [*agreed, proposal]
    return [_rule(proposal, {**proposal["remote"], **more}) for proposal in agreed]


def _create(answer: Answer, more: dict[str, str], words: Words, control: Control) -> Rows:
    """Rules for places created for projects that have none."""
    if not answer["createsPlaces"]:
        raise Invalid(f"stintd cannot create places at {words.target}", "create them there, then match again")
    missing = [proposal for proposal in answer["proposals"] if proposal["how"] == "none" and not proposal["task"]]
    names = ", ".join(for_terminal(proposal["project"]) for proposal in missing)
    if not missing or not _confirm(words, f"create {names} at {words.target}?"):
        return []
    rules = []
    for proposal in missing:
        body = {"name": proposal["project"], **({"client": proposal["client"]} if proposal["client"] else {})}
        place = control.post(f"/api/targets/{words.target}/places", body)
        rules.append(_rule(proposal, {**place["remote"], **more}))
    return rules


def _rule(proposal: Answer, remote: Answer) -> Answer:
    rule = {name: proposal[name] for name in ("project", "task") if proposal[name]}
    return {**rule, "remote": remote}


def _is_whole(proposal: Answer, more: dict[str, str]) -> bool:
    """Whether its mapping has every field it needs."""
    return not proposal["lacks"] or any(more.get(name) for name in proposal["lacks"].split("|"))


def _confirm(words: Words, question: str) -> bool:
    if words.yes:
        return True
    if not sys.stdin.isatty():
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _label(proposal: Answer) -> str:
    return f"{proposal['project']} / {proposal['task']}" if proposal["task"] else str(proposal["project"])


def _line(proposal: Answer, more: dict[str, str]) -> str:
    name = bold(for_terminal(_label(proposal)))
    near = ", ".join(for_terminal(other) for other in proposal["near"])
    if proposal["place"] is None:
        none = "no match" + (f", similar: {near}" if near else "")
        why = f"several match: {near}" if proposal["how"] == "several" else none
        return f"  {name}  {warn(why)}"
    lacks = "" if _is_whole(proposal, more) else "  " + warn(f"needs {proposal['lacks'].split('|')[0]}=ID")
    like = "" if proposal["how"] in SURE else f"  {warn('only similar')}"
    return f"  {name} → {for_terminal(proposal['place'])}  {dim(id_text({**proposal['remote'], **more}))}{like}{lacks}"


def _print_outcome(answer: Answer, mapped: Rows, words: Words) -> None:
    left = len(answer["proposals"]) - len(mapped)
    if not answer["proposals"]:
        print(dim("everything is mapped"))
    else:
        print(f"{bold(str(len(mapped)))} mapped, {left} left")
    if left and not (words.yes or sys.stdin.isatty()):
        print(dim("not at a terminal: add --yes to map those with the same name"))
    elif left:
        print(dim(f"the others: `stint targets map {words.target} --project NAME ID…`, `stint targets places {words.target}`"))
    _print_trouble(answer)


def _print_trouble(answer: Answer) -> None:
    if answer["trouble"]:
        day = (answer["listedAt"] or "")[:16].replace("T", " ")
        print(warn(f"as of {day}: {for_terminal(answer['trouble'])}"))
