"""`stint targets places` and `match`: where hours can go at a billing system, and which project goes where by its name."""

import json
import sys

from stintd.cli.text import bold, dim, for_terminal, warn
from stintd.errors import Invalid

SURE = ("exact", "normalised")


def id_text(remote):
    """A place as a mapping names it."""
    return " ".join(f"{name}={for_terminal(value)}" for name, value in remote.items())


def show(words, control):
    """What the service has."""
    answer = control.get(f"/api/targets/{words.target}/places", refresh=words.refresh or None)
    if words.json:
        print(json.dumps(answer))
        return
    for place in answer["data"]:
        client = f"  {for_terminal(place['client'])}" if place["client"] else ""
        gone = f"  {warn('archived or gone there')}" if place["gone"] else ""
        print(f"{for_terminal(place['name'])}{client}  {dim(id_text(place['remote']))}{gone}")
    if not answer["data"]:
        print(dim("it tells of no places: any that `stint targets map` names will do"))
    _say_trouble(answer)


def match(words, control):
    """Propose, ask, map."""
    more = dict(pair.partition("=")[::2] for pair in words.remote)
    if not all(more.values()):
        raise Invalid("what is to be in each mapping?", f"stint targets match {words.target} activity_id=9")
    answer = control.get(f"/api/targets/{words.target}/match", refresh=words.refresh or None)
    if words.json and not words.yes:
        print(json.dumps(answer))
        return
    found = answer["proposals"]
    chosen = _choose(found, more, words) if found else []
    made = _create(answer, more, words, control) if words.create else []
    mapped = [*chosen, *made]
    if mapped:
        control.post(f"/api/targets/{words.target}/rules", {"rules": mapped})
    if words.json:
        print(json.dumps({"name": words.target, "mapped": mapped}))
        return
    _say(answer, mapped, words)


def _choose(found, more, words):
    """Rules for those that a person agreed to."""
    sure = [one for one in found if one["how"] in SURE and _is_whole(one, more)]
    alike = [one for one in found if one["how"] == "fuzzy" and _is_whole(one, more)]
    for one in found:
        if not words.json:
            print(_line(one, more))
    kept = sure if sure and _agrees(words, f"map {len(sure)} of the same name?") else []
    for one in alike if not words.yes else []:
        if _agrees(words, f"{for_terminal(_label(one))} is only alike: map it to {for_terminal(one['place'])}?"):
            kept = [*kept, one]
    return [_rule(one, {**one["remote"], **more}) for one in kept]


def _create(answer, more, words, control):
    """Rules for places made for what has none."""
    if not answer["createsPlaces"]:
        raise Invalid(f"{words.target} lets nobody make places", "make them there, then match again")
    missing = [one for one in answer["proposals"] if one["how"] == "none" and not one["task"]]
    names = ", ".join(for_terminal(one["project"]) for one in missing)
    if not missing or not _agrees(words, f"make {names} at {words.target}?"):
        return []
    rules = []
    for one in missing:
        body = {"name": one["project"], **({"client": one["client"]} if one["client"] else {})}
        place = control.post(f"/api/targets/{words.target}/places", body)
        rules.append(_rule(one, {**place["remote"], **more}))
    return rules


def _rule(one, remote):
    told = {name: one[name] for name in ("project", "task") if one[name]}
    return {**told, "remote": remote}


def _is_whole(one, more):
    """Whether its mapping names everything it must."""
    return not one["lacks"] or any(more.get(name) for name in one["lacks"].split("|"))


def _agrees(words, question):
    if words.yes:
        return True
    if not sys.stdin.isatty():
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _label(one):
    return one["project"] + (f" / {one['task']}" if one["task"] else "")


def _line(one, more):
    name = bold(for_terminal(_label(one)))
    near = ", ".join(for_terminal(other) for other in one["near"])
    if one["place"] is None:
        none = "none is called so" + (f", near: {near}" if near else "")
        why = f"several may be meant: {near}" if one["how"] == "several" else none
        return f"  {name}  {warn(why)}"
    lacks = "" if _is_whole(one, more) else "  " + warn(f"needs {one['lacks'].split('|')[0]}=ID")
    like = "" if one["how"] in SURE else f"  {warn('only alike')}"
    return f"  {name} → {for_terminal(one['place'])}  {dim(id_text({**one['remote'], **more}))}{like}{lacks}"


def _say(answer, mapped, words):
    left = len(answer["proposals"]) - len(mapped)
    if not answer["proposals"]:
        print(dim("everything is mapped"))
    else:
        print(f"{bold(str(len(mapped)))} mapped, {left} left")
    if left and not (words.yes or sys.stdin.isatty()):
        print(dim("nobody to ask: add --yes to take those of the same name"))
    elif left:
        print(dim(f"the others: `stint targets map {words.target} --project NAME ID…`, `stint targets places {words.target}`"))
    _say_trouble(answer)


def _say_trouble(answer):
    if answer["trouble"]:
        day = (answer["listedAt"] or "")[:16].replace("T", " ")
        print(warn(f"as it was at {day}: {for_terminal(answer['trouble'])}"))
