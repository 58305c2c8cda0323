"""Matches local projects and tasks to a target's places by name: those not mapped yet, with a proposal for each."""

from stintd.domain.billing import matching
from stintd.domain.billing.matching import NONE, LocalName, NamedPlace, Proposal
from stintd.domain.billing.target import EntryFacts, Target, missing_need, rule_for
from stintd.engine.delivery.plan import TargetLink
from stintd.engine.delivery.remote_places import Listing
from stintd.engine.resolver import names_of_projects
from stintd.engine.view import View
from stintd.engine.wire import instant
from stintd.engine.wire_types import PlaceProposalJson, TargetMatchJson, TargetPlaceJson, TargetPlacesJson
from stintd.store.places import StoredPlace
from stintd.store.row_types import NamesRow
from stintd.store.rowio import fetch_all

_PROJECTS = """
SELECT p.name AS project, NULL AS task, c.name AS client FROM project p LEFT JOIN client c ON c.id = p.client_id
WHERE p.deleted = 0 AND p.archived = 0 ORDER BY p.name"""
_TASKS = """
SELECT p.name AS project, t.name AS task, c.name AS client FROM task t JOIN project p ON p.id = t.project_id
LEFT JOIN client c ON c.id = p.client_id
WHERE p.deleted = 0 AND p.archived = 0 AND t.status = 'active' ORDER BY p.name, t.name"""


def places_json(listing: Listing) -> TargetPlacesJson:
    """The places of a target in their JSON shape."""
    return {
        "data": [place_json(place) for place in listing.places],
        "nextCursor": None,
        "listedAt": instant(listing.listed_us),
        "trouble": listing.trouble or None,
    }


def place_json(place: StoredPlace) -> TargetPlaceJson:
    """A place in its JSON shape."""
    return {"name": place.name, "client": place.client or None, "remote": place.remote, "gone": place.gone_us is not None}


def proposals(view: View, planned: TargetLink, listing: Listing) -> TargetMatchJson:
    """What is not mapped, and the place it may match. Tasks are listed only if a place matches them: others go with their
    project.
    """
    open_places = {place.key: place for place in listing.places if place.gone_us is None}
    places = [NamedPlace(place.key, place.name, place.client) for place in open_places.values()]
    aliases = {names[-1]: names[:-1] for names in names_of_projects(view.conn).values()}
    unmapped = [local for local in _local_names(view) if _is_open(planned.target, local, aliases.get(local.project, ()))]
    proposals = matching.proposals(unmapped, places, view.policy.fuzzy_threshold)
    shown_proposals = [
        _proposal_json(proposal, open_places, planned)
        for proposal in proposals
        if not (proposal.local.task and proposal.how == NONE)
    ]
    return {
        "target": planned.target.name,
        "createsPlaces": planned.able.creates_places,
        "listedAt": instant(listing.listed_us),
        "trouble": listing.trouble or None,
        "proposals": shown_proposals,
    }


def _local_names(view: View) -> list[LocalName]:
    rows = [*fetch_all(view.conn, NamesRow, _PROJECTS), *fetch_all(view.conn, NamesRow, _TASKS)]
    return [LocalName(row["project"], row["task"], row["client"]) for row in rows]


def _is_open(target: Target, local: LocalName, aliases: tuple[str, ...]) -> bool:
    """Whether it has no mapping yet; a rule for a whole project does not count for one of its tasks."""
    rule = rule_for(target, EntryFacts(local.project, local.task, local.client, aliases=aliases))
    return rule is None or (local.task is not None and rule.task is None)


def _proposal_json(proposal: Proposal, places: dict[str, StoredPlace], planned: TargetLink) -> PlaceProposalJson:
    place = places[proposal.key] if proposal.key is not None else None
    return {
        "project": proposal.local.project,
        "task": proposal.local.task,
        "client": proposal.local.client,
        "how": proposal.how,
        "place": place.name if place is not None else None,
        "remote": place.remote if place is not None else {},
        "lacks": missing_need(planned.able, place.remote) if place is not None else None,
        "near": list(proposal.near),
    }
