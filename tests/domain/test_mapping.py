"""Which project and task a place belongs to: first match wins."""

from dataclasses import replace

import pytest

from stintd.domain.mapping.clones import KnownCheckout, KnownRepo
from stintd.domain.mapping.placement import DatedRule, KnownProject
from stintd.domain.mapping.projectfile import ProjectFile, parse_project_file
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.model import Context
from stintd.domain.policy import MapRule, Policy
from stintd.errors import Invalid

REPO = Context("watch", "edit", repo="r1", repo_path="/code/api", branch="main")
ATLAS = KnownProject("p-atlas", "Atlas")
API = KnownRepo("r1", "host/acme/api")
BETA = KnownProject("p-beta", "beta")


def resolver(rules=(), *, projects=(ATLAS, BETA), repos=(API,), checkouts=(), files=(), **policy):
    held = checkouts or (KnownCheckout("/code/api", "r1"),)
    return Resolver(projects, repos, held, rules, Policy(**policy), roots=("/code",), files=files)


def project_of(found, context=REPO, entity=""):
    return found.resolve(context, entity).project


# ---------------------------------------------------------------- mappings


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        (MapRule(path="/code/api", project="Atlas"), True),
        (MapRule(path="/code/api/", project="atlas"), True),
        (MapRule(path="/code/**", project="Atlas"), True),
        (MapRule(path="/code/*", project="Atlas"), True),
        (MapRule(path="/co*/api", project="Atlas"), True),
        (MapRule(path="**/api", project="Atlas"), True),
        (MapRule(path="api", project="Atlas"), True),
        (MapRule(path="/code/ap", project="Atlas"), False),
        (MapRule(path="/code/api2", project="Atlas"), False),
        (MapRule(remote="host/acme/*", project="Atlas"), True),
        (MapRule(remote="HOST/acme/api", project="Atlas"), True),
        (MapRule(remote="https://host/acme/api.git", project="Atlas"), True),
        (MapRule(remote="host/*", project="Atlas"), False),
        (MapRule(remote="host/**", project="Atlas"), True),
        (MapRule(branch="ma?n", project="Atlas"), True),
        (MapRule(branch="release/*", project="Atlas"), False),
        (MapRule(path="/code/api", branch="dev", project="Atlas"), False),
        (MapRule(project="Atlas"), False),
    ],
)
def test_a_mapping_holds_when_all_its_conditions_do(rule, matches):
    assert project_of(resolver([rule], auto_create=False)) == ("p-atlas" if matches else None)


def test_the_first_mapping_that_holds_wins():
    rules = [MapRule(remote="host/**", project="beta"), MapRule(path="/code/api", project="Atlas")]
    assert project_of(resolver(rules)) == "p-beta"


def test_of_plain_folders_the_nearest_wins_whichever_was_mapped_first():
    rules = [MapRule(path="/code", project="beta"), MapRule(path="/code/api", project="Atlas")]
    assert project_of(resolver(rules)) == project_of(resolver(rules[::-1])) == "p-atlas"


def test_a_mapping_beats_project_file_and_the_repositorys_own_project():
    file = ProjectFile("/code/api", "beta", is_trusted=True)
    repos = [KnownRepo("r1", project="p-beta")]
    assert project_of(resolver([MapRule(path="/code", project="Atlas")], repos=repos, files=[file])) == "p-atlas"


def test_a_mapping_gives_its_task_and_else_the_branchs():
    on_branch = replace(REPO, branch="feature/DEV-12-login")
    assert resolver([MapRule(path="/code", project="Atlas", task="OPS-1")]).resolve(on_branch).task == "OPS-1"
    assert resolver([MapRule(path="/code", project="Atlas")]).resolve(on_branch).task == "DEV-12"


def test_a_mapping_to_a_project_nobody_has_yet_asks_for_it_with_what_it_says():
    rule = MapRule(path="/code", project="Gamma", client="Acme", billable=True, bill_agent_time=True)
    found = resolver([rule], auto_create=False)
    draft = found.choose_project(REPO).draft
    assert (draft.name, draft.client, draft.billable, draft.bill_agent_time) == ("Gamma", "Acme", True, True)
    assert not draft.is_automatic
    assert project_of(found) is None


def test_subfolders_of_a_monorepo_are_told_apart_by_the_file():
    rules = [MapRule(path="/code/api/web", project="Atlas"), MapRule(path="/code/api/jobs", project="beta")]
    found = resolver(rules, repos=[KnownRepo("r1", project="p-root")], projects=[ATLAS, BETA, KnownProject("p-root", "root")])
    assert found.differs_by_entity(REPO)
    assert [project_of(found, entity=e) for e in ("web/a.py", "jobs/b.py", "README", "website/x", "")] == [
        "p-atlas",
        "p-beta",
        "p-root",
        "p-root",
        "p-root",
    ]
    assert project_of(found, entity="/code/api/web/a.py") == "p-atlas"
    assert project_of(found, entity="../../elsewhere") == "p-root"


def test_a_commit_in_a_divided_repository_names_no_folder():
    found = resolver([MapRule(path="/code/api/web", project="Atlas")])
    commit = replace(REPO, kind="commit", source="git")
    assert found.is_vague(commit)
    assert not found.differs_by_entity(commit)
    assert not found.is_vague(REPO)


@pytest.mark.parametrize("path", ["/code", "/code/api", "/code/**", "/elsewhere/x", "/code/*", "/code/other/deep"])
def test_files_need_no_look_where_mappings_cannot_divide_the_repository(path):
    assert not resolver([MapRule(path=path, project="Atlas")]).differs_by_entity(REPO)


def test_a_mapping_may_hold_from_a_day_on():
    rules = [DatedRule(MapRule(path="/code", project="Atlas"), since_us=1_000), MapRule(path="/code", project="beta")]
    found = resolver(rules)
    assert project_of(found.resolver_at(999)) == "p-beta"
    assert project_of(found.resolver_at(1_000)) == project_of(found) == "p-atlas"
    assert found.resolver_at(5_000) is found
    assert found.resolver_at(1) is found.resolver_at(2)
    undated = resolver([MapRule(path="/code", project="beta")])
    assert undated.resolver_at(0) is undated


def test_the_mapping_behind_a_stretch_is_found_again_for_its_tags():
    rule = MapRule(path="/code/api", project="Atlas", tags=("client",))
    found = resolver([MapRule(path="/x", project="Atlas"), rule])
    assert found.rule_of("p-atlas", "r1", "main") is rule
    assert found.rule_of("p-beta", "r1", "main") is None
    assert found.rule_of(None, None, None) is None


# ---------------------------------------------------------------- project files


def test_a_trusted_file_above_the_repository_names_its_project_and_task():
    file = ProjectFile("/code", "Atlas", task="OPS-9", is_trusted=True)
    assert resolver(files=[file]).resolve(REPO).project == "p-atlas"
    assert resolver(files=[file]).resolve(REPO).task == "OPS-9"


def test_files_above_the_watched_root_are_not_looked_at():
    assert project_of(resolver(files=[ProjectFile("/", "Atlas", is_trusted=True)], auto_create=False)) is None


def test_the_nearest_file_wins_also_inside_the_repository():
    files = [ProjectFile("/code/api", "Atlas", is_trusted=True), ProjectFile("/code/api/sub", "beta", is_trusted=True)]
    found = resolver(files=files)
    assert found.differs_by_entity(REPO)
    assert project_of(found, entity="sub/x.py") == "p-beta"
    assert project_of(found, entity="x.py") == "p-atlas"


def test_a_file_that_came_with_a_clone_may_name_a_new_project_and_its_repository_keeps_it():
    file = ProjectFile("/code/api", "Shiny", task="EVIL-1", tags=("x",))
    found = resolver(files=[file])
    home = found.choose_project(REPO)
    assert (home.draft.name, home.is_kept) == ("Shiny", True)
    assert found.resolve(REPO).task is None
    made = KnownProject("p-new", "Shiny", False, "/code/api")
    again = resolver(files=[file], projects=[made], repos=[KnownRepo("r1", project="p-new")])
    assert project_of(again) == "p-new"
    assert again.refused == {}


@pytest.mark.parametrize(
    "repos", [[KnownRepo("r1"), KnownRepo("r2", project="p-atlas")], [KnownRepo("r1")]], ids=["anothers", "made-by-hand"]
)
def test_a_file_that_came_with_a_clone_may_not_file_hours_under_what_exists(repos):
    found = resolver(files=[ProjectFile("/code/api", "atlas")], repos=repos)
    assert project_of(found) is None
    assert found.choose_project(REPO).draft.name == "api"
    assert found.refused == {"/code/api": "atlas"}


def test_a_file_of_another_repository_above_does_not_speak_for_this_one():
    found = resolver(files=[ProjectFile("/code", "Shiny")])
    assert found.choose_project(REPO).draft.name == "api"
    assert found.refused == {}


def test_project_files_are_read_and_everything_odd_is_named():
    text = 'project = "acme"\ntask = "T-1"\ntags = ["a"]\nexclude = ["dist"]\n'
    assert parse_project_file(".stint.toml", "/c/x", text, True) == ProjectFile(
        "/c/x", "acme", "T-1", tags=("a",), exclude=("dist",), is_trusted=True
    )
    assert parse_project_file(".wakatime-project", "/c/x", "", False).project == "x"
    both = parse_project_file(".wakatime-project", "/c/x", "pre-{project}\nrelease/1\n", False)
    assert (both.project, both.branch) == ("pre-x", "release/1")


@pytest.mark.parametrize(
    "text",
    [
        'exclude = ["*a*a*a*b"]',
        "project = 3",
        'project = ""',
        "tags = 1",
        "tags = [1]",
        "nonsense",
        'evil = "x"',
        "a" * 70_000,
        'tags = [""]',
    ],
)
def test_a_broken_project_file_is_refused_with_its_name(text):
    with pytest.raises(Invalid, match=r"/c/x/\.stint\.toml"):
        parse_project_file(".stint.toml", "/c/x", text, True)


# ---------------------------------------------------------------- repositories, worktrees, submodules


def test_a_known_repository_keeps_its_project_wherever_it_lies():
    found = resolver(repos=[KnownRepo("r1", project="p-beta")])
    assert project_of(found) == "p-beta"
    assert project_of(found, replace(REPO, repo_path="/elsewhere/clone")) == "p-beta"


def test_a_deleted_project_is_not_made_again_by_its_repository():
    home = resolver(repos=[KnownRepo("r1", project="p-gone")]).choose_project(REPO)
    assert (home.project, home.draft) == (None, None)


def test_a_worktree_belongs_to_its_main_repository_also_by_mapping_and_keeps_its_own_branch():
    checkouts = [KnownCheckout("/code/api", "r1"), KnownCheckout("/trees/fix", "r1", "worktree", "/code/api")]
    tree = replace(REPO, repo_path="/trees/fix", branch="DEV-7-fix")
    mapped = resolver([MapRule(path="/code/api", project="Atlas")], checkouts=checkouts)
    assert mapped.resolve(tree).project == "p-atlas"
    assert mapped.resolve(tree).task == "DEV-7"
    assert resolver(checkouts=checkouts).choose_project(tree).draft.name == "api"


def test_a_worktree_of_a_bare_repository_is_named_after_the_folder_people_see():
    checkouts = [KnownCheckout("/code/shop/main", "r1", "worktree", "/code/shop/.bare")]
    tree = replace(REPO, repo_path="/code/shop/main")
    assert resolver(checkouts=checkouts).choose_project(tree).draft.name == "shop"


SUB = replace(REPO, repo="r2", repo_path="/code/api/lib", branch=None)
SUB_CHECKOUTS = [KnownCheckout("/code/api", "r1"), KnownCheckout("/code/api/lib", "r2", "submodule", "/code/api")]
SUB_REPOS = [KnownRepo("r1", project="p-atlas"), KnownRepo("r2", "host/x/lib", project="p-beta")]


def test_a_submodule_belongs_to_the_superproject_unless_mapped():
    plain = resolver(repos=SUB_REPOS, checkouts=SUB_CHECKOUTS)
    assert project_of(plain, SUB) == "p-atlas"
    assert not plain.choose_project(SUB).is_kept
    mapped = resolver([MapRule(remote="host/x/lib", project="beta")], repos=SUB_REPOS, checkouts=SUB_CHECKOUTS)
    assert project_of(mapped, SUB) == "p-beta"
    assert project_of(plain, replace(SUB, repo_path="/code/lib-clone")) == "p-beta"


def test_a_project_file_inside_a_submodule_says_nothing():
    file = ProjectFile("/code/api/lib", "Shiny")
    assert project_of(resolver(repos=SUB_REPOS, checkouts=SUB_CHECKOUTS, files=[file]), SUB) == "p-atlas"


# ---------------------------------------------------------------- names and new projects


def test_a_project_without_repository_whose_name_equals_the_folders_is_taken_and_kept():
    found = resolver(projects=[KnownProject("p1", "A.P.I")])
    home = found.choose_project(REPO)
    assert (home.project, home.is_kept) == ("p1", True)
    assert project_of(found) == "p1"


def test_a_project_of_another_repository_is_not_taken_for_its_name():
    repos = [KnownRepo("r1"), KnownRepo("r2", project="p1")]
    home = resolver(projects=[KnownProject("p1", "api", True, "/x/api")], repos=repos).choose_project(REPO)
    assert home.draft.name == "code/api"


def test_a_project_that_its_owner_named_is_not_renamed_for_a_newcomer():
    repos = [KnownRepo("r1"), KnownRepo("r2", project="p1")]
    draft = resolver(projects=[KnownProject("p1", "api", False, "/x/api")], repos=repos).choose_project(REPO).draft
    assert draft.name == "code/api"


def test_a_near_name_is_suggested_and_never_applied():
    found = resolver(projects=[KnownProject("p1", "warehouse")])
    warehouses = replace(REPO, repo_path="/code/warehouses")
    assert found.choose_project(warehouses).draft.name == "warehouses"
    assert found.suggestion("/code/warehouses") == "p1"
    assert resolver(projects=[KnownProject("p1", "payments-api")]).suggestion("/code/payments-app") is None


def test_fallback_project_takes_what_nothing_else_does_and_repositories_do_not_keep_it():
    home = resolver(fallback_project="atlas").choose_project(REPO)
    assert (home.project, home.is_kept) == ("p-atlas", False)
    assert resolver(fallback_project="Misc").choose_project(REPO).draft.name == "Misc"


def test_without_auto_create_a_new_place_is_shown_in_review():
    home = resolver(auto_create=False).choose_project(REPO)
    assert (home.project, home.draft) == (None, None)


def test_a_folder_outside_repositories_gets_the_nearest_mapping_or_the_project_that_was_made_for_it():
    notes = Context("editor", "edit", folder="/code/notes")
    rules = [MapRule(path="/code", project="beta"), MapRule(path="/code/notes", project="Atlas")]
    assert project_of(resolver(rules), notes, "/code/notes/a.md") == "p-atlas"
    assert project_of(resolver(projects=[KnownProject("p9", "journal", False, "/code/notes")]), notes) == "p9"


@pytest.mark.parametrize("folder", ["/code", "/code/notes", "/code/beta", "/home/ada", "/home/ada/beta", "/tmp/x/y", "C:\\x"])
def test_a_folder_outside_repositories_makes_no_project_and_takes_none_by_its_name(folder):
    for policy in ({}, {"fallback_project": "atlas"}, {"fallback_project": "Misc"}):
        home = resolver(**policy).choose_project(Context("shell", "read", folder=folder))
        assert (home.project, home.draft) == (None, None)


def test_a_folder_in_which_a_repository_is_found_later_is_the_repositorys():
    at = KnownCheckout("/code/api", "r1")
    for checkouts in ([at], [replace(at, is_gone=True)]):
        found = resolver(repos=[KnownRepo("r1", project="p-beta")], checkouts=checkouts)
        for folder in ("/code/api", "/code/api/src"):
            assert project_of(found, Context("agent", "prompt", folder=folder)) == "p-beta"
    draft = resolver(checkouts=[at]).choose_project(Context("agent", "prompt", folder="/code/api/src")).draft
    assert (draft.name, draft.folder) == ("api", "/code/api")
    moved = [replace(at, is_gone=True), KnownCheckout("/code/elsewhere", "r1")]
    assert (
        project_of(
            resolver(repos=[KnownRepo("r1", project="p-beta")], checkouts=moved), Context("api", "edit", folder="/code/api")
        )
        is None
    )


ACME = KnownProject("p-acme", "Acme", True, "/code/acme")


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/workspaces/acme", "/workspaces/acme"),
        ("/workspaces/acme/src/lib", "/workspaces/acme"),
        ("/home/vscode/acme/src", "/home/vscode/acme"),
        ("/srv/acme/acme", "/srv/acme"),
        ("/workspaces/api/docs", "/workspaces/api"),
        ("/workspaces/Acme", None),
        ("/workspaces/acme-2", None),
        ("/workspaces/src", None),
        ("/workspaces/acme/api", None),
        ("/workspaces/beta", None),
        ("/app", None),
    ],
)
def test_a_folder_elsewhere_looks_like_the_one_project_whose_folder_has_its_name(path, folder):
    """`beta` is a project without a folder; `src` and `app` say nothing, though a project has such a folder."""
    others = [KnownProject("p-src", "src", True, "/code/src"), KnownProject("p-app", "app", True, "/code/app")]
    found = resolver(projects=[ACME, ATLAS, BETA, *others], repos=[KnownRepo("r1", project="p-atlas")])
    likeness = found.likeness(path)
    assert (likeness.folder if likeness else None) == folder
    context = Context("editor", "edit", folder=path)
    assert (found.resolve(context).project, found.choose_project(context).draft) == (None, None)
    assert ("looks like" in found.placement(context).why) == (folder is not None)
    mapped = resolver([MapRule(path=folder or path, project="Acme")], projects=[ACME, ATLAS, BETA])
    assert project_of(mapped, context) == "p-acme"


def test_a_bare_repository_is_called_after_what_people_see_elsewhere_too():
    for path in ("/code/shop/.bare", "/code/shop.git"):
        bare = KnownProject("p-shop", "shop", True, path)
        assert resolver(projects=[bare]).likeness("/workspaces/shop/src").project == "p-shop"


def test_a_folder_elsewhere_that_looks_like_two_projects_looks_like_none():
    twin = KnownProject("p-twin", "globex/acme", True, "/code/globex/acme")
    assert resolver(projects=[ACME, twin]).likeness("/workspaces/acme") is None


def test_a_folder_elsewhere_is_compared_in_one_unicode_form():
    cafe = KnownProject("p-cafe", "Café", True, "/code/Cafe\u0301")
    likeness = resolver(projects=[cafe]).likeness("/workspaces/Café/src")
    assert likeness is not None
    assert likeness.project == "p-cafe"


def test_a_heartbeats_project_name_matches_exactly_or_normalised_and_never_nearly():
    found = resolver()
    named = Context("api", "edit", project="ATLAS")
    assert project_of(found, named) == "p-atlas"
    assert project_of(found, replace(named, project="p-beta")) == "p-beta"
    assert found.choose_project(replace(named, project="Atlass")).draft.name == "Atlass"
    assert resolver(auto_create=False).choose_project(replace(named, project="Atlass")).draft is None


def test_nothing_is_made_of_nowhere():
    for context in (Context("api", "prompt"), Context("api", "edit", folder="/"), Context("api", "edit", folder="")):
        home = resolver().choose_project(context)
        assert (home.project, home.draft) == (None, None)


def test_every_placement_says_why():
    assert "mapped" in resolver([MapRule(path="/code", project="Atlas")]).placement(REPO).why
    assert resolver(repos=[KnownRepo("r1", project="p-beta")]).placement(REPO).why == "own folder"
