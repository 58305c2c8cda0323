"""Decides which project and task a place belongs to: by the first that applies of mapping, project file, known repository,
equal name, new project.

Pure. Heartbeats store where they happened, and the resolver is used again whenever entries are derived, so a new mapping
also corrects the past. It decides what a new place would get (`choose_project`); its caller creates the project.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from stintd.domain.kinds import GIT_KINDS
from stintd.domain.mapping.clones import Clones, KnownCheckout, KnownRepo
from stintd.domain.mapping.elsewhere import FolderNames, Likeness
from stintd.domain.mapping.naming import (
    NameMatch,
    folder_names,
    free_name,
    match_name,
    normal_name,
)
from stintd.domain.mapping.placement import DatedRule, KnownProject, Placement, ProjectChoice, ProjectDraft
from stintd.domain.mapping.projectfile import ProjectFile
from stintd.domain.mapping.remote import normalise_remote
from stintd.domain.model import Assignment, Context, ProjectId, RepoId
from stintd.domain.pattern import folders_up, glob, is_within, path_pattern
from stintd.domain.policy import MapRule, Policy
from stintd.domain.ticket import task_of_branch

MEMO_LIMIT = 50_000
MOST_NESTED = 20
"""A submodule lies in a submodule only so deep."""


class Resolver:
    """Answers for one state of projects, repositories, checkouts, mappings and project files; create a new one when any of them
    changes. Not thread-safe, because it remembers its answers.

    `rules` are asked in their order; those of `policy.mappings` count only if the caller passes them too.
    `roots` bound how far up project files are looked for.
    """

    def __init__(
        self,
        projects: Iterable[KnownProject],
        repos: Iterable[KnownRepo],
        checkouts: Iterable[KnownCheckout],
        rules: Iterable[DatedRule | MapRule],
        policy: Policy,
        *,
        roots: Iterable[str] = (),
        files: Iterable[ProjectFile] = (),
    ) -> None:
        self._projects = {project.id: project for project in projects}
        self._repos = {repo.id: repo for repo in repos}
        self._checkouts = {checkout.path: checkout for checkout in checkouts}
        self._clones = Clones(self._repos.values(), self._checkouts.values())
        self._dated_rules = [rule if isinstance(rule, DatedRule) else DatedRule(rule) for rule in rules]
        self._rules = [dated.rule for dated in self._dated_rules]
        self._changes_us = sorted({dated.since_us for dated in self._dated_rules if dated.since_us is not None})
        self._policy, self._roots = policy, sorted(roots, key=len, reverse=True)
        self._files: dict[str, ProjectFile] = {}
        for file in files:
            self._files.setdefault(file.folder, file)
        self._repo_projects = {project for repo in self._repos.values() for project in (repo.project, repo.answer)}
        self._names = [(project.id, project.name) for project in self._projects.values()]
        self._aliases = [(project.id, name) for project in self._projects.values() for name in project.aliases]
        self._memo: dict[Context | tuple[Context, str], Placement] = {}
        self._varied: dict[Context, bool] = {}
        self._submodules = {checkout.repo: checkout for checkout in self._checkouts.values() if checkout.kind == "submodule"}
        self._homes: dict[ProjectId, KnownCheckout] | None = None
        self._by_era: dict[int, Resolver] = {len(self._changes_us): self}
        self._folder_names: FolderNames | None = None
        self.refused: dict[str, str] = {}

    # ------------------------------------------------------------------ questions

    def resolve(self, context: Context, entity: str = "") -> Assignment:
        """The project and task of one heartbeat; no project when none exists for it (yet)."""
        placement = self.placement(context, entity)
        return Assignment(placement.project, placement.task)

    def differs_by_entity(self, context: Context) -> bool:
        """Whether heartbeats of this context may differ by their entity: some of its folders have a mapping or a project file."""
        differs = self._varied.get(context)
        if differs is None:
            differs = self._varied[context] = context.kind not in GIT_KINDS and self._is_divided(context)
        return differs

    def is_vague(self, context: Context) -> bool:
        """Whether this is a git act in a repository whose folders belong to several projects: it names no folder, so it belongs
        to the part that was worked on.
        """
        return context.kind in GIT_KINDS and self._is_divided(context)

    def placement(self, context: Context, entity: str = "") -> Placement:
        """Like `resolve`, with the reason and everything else that the mapping says."""
        key = (context, entity) if entity and self.differs_by_entity(context) else context
        placement = self._memo.get(key)
        if placement is None:
            if len(self._memo) >= MEMO_LIMIT:
                self._memo.clear()
            placement = self._memo[key] = self._place(context, entity if isinstance(key, tuple) else "")
        return placement

    def choose_project(self, context: Context, entity: str = "") -> ProjectChoice:
        """What this place gets, for a caller that creates projects when they are needed."""
        placement = self.placement(context, entity)
        if placement.waits_for is not None:
            host = placement.waits_for
            return ProjectChoice(first=replace(context, repo=host.repo, repo_path=host.path))
        if placement.project is not None or placement.wanted is None:
            return ProjectChoice(placement.project, None, placement.is_kept, placement.guest_of)
        if placement.is_automatic:
            return ProjectChoice(None, self._automatic_draft(placement.folder), placement.is_kept)
        rule = placement.rule or MapRule()
        billing = rule.client, rule.billable, rule.bill_agent_time, rule.bill_supervised
        return ProjectChoice(None, ProjectDraft(placement.wanted, placement.folder, False, *billing), placement.is_kept)

    def suggestion(self, folder: str) -> ProjectId | None:
        """The only project without a repository whose name is nearly the folder's; for `stint review`, never applied."""
        free_names = [(project, name) for project, name in self._names if project not in self._repo_projects]
        match = match_name(folder_names(folder)[0], free_names, self._policy.fuzzy_threshold)
        return match.project if match.how == "fuzzy" else None

    def resolver_at(self, us: int) -> "Resolver":
        """The resolver for evidence of that instant, without mappings that begin later."""
        era = bisect_right(self._changes_us, us)
        if era not in self._by_era:
            valid_rules = [dated for dated in self._dated_rules if dated.since_us is None or dated.since_us <= us]
            self._by_era[era] = Resolver(
                self._projects.values(),
                self._repos.values(),
                self._checkouts.values(),
                [dated.rule for dated in valid_rules],
                self._policy,
                roots=self._roots,
                files=self._files.values(),
            )
        return self._by_era[era]

    def rule_of(self, project: ProjectId | None, repo: RepoId | None, branch: str | None) -> MapRule | None:
        """The mapping that gives a repository's work on a branch to this project; it sets tags and what is billed."""
        context = Context("watch", "edit", repo=repo, branch=branch)
        places = [checkout.path for checkout in self._checkouts.values() if checkout.repo == repo] if repo else []
        for rule in self._rules:
            if project is None or not self._holds_without_path(rule, context):
                continue
            pattern = path_pattern(rule.path) if rule.path is not None else None
            is_there = pattern is None or any(pattern.matches(path) or pattern.may_match_below(path) for path in places)
            if is_there and self._match(rule.project or "").project == project:
                return rule
        return None

    # ------------------------------------------------------------------ first match wins

    def _place(self, context: Context, entity: str) -> Placement:
        task = task_of_branch(context.branch, self._policy)
        for path in self._paths(context, entity):
            rule = self._find_rule(context, path)
            if rule is not None:
                return self._place_by_rule(rule, task)
        for path in self._paths(context, entity):
            placement = self._place_by_file(context, path, task)
            if placement is not None:
                return placement
        if context.project:
            return self._place_by_name(context.project, task)
        if context.repo is not None:
            return self._place_by_repo(context, entity, task)
        if context.folder is not None:
            return self._place_outside(context, context.folder, task)
        return Placement(None, "it names no folder and no project", task)

    def _place_by_rule(self, rule: MapRule, task: str | None) -> Placement:
        match = self._match(rule.project or "")
        condition = rule.path or rule.remote or rule.branch or "everything"
        name = self._projects[match.project].name if match.project is not None else rule.project
        why = f"mapped: {condition} → {name}"
        wanted = rule.project if match.is_new else None
        return Placement(match.project, why, rule.task or task, wanted, rule=rule, tags=rule.tags, by="mapping")

    def _place_by_file(self, context: Context, path: str, task: str | None) -> Placement | None:
        file = next((self._files[up] for up in self._folders_with_files(context, path) if up in self._files), None)
        if file is None or file.project is None or not self._may_apply(file, context):
            return None
        task = (file.task if file.is_trusted else None) or task or task_of_branch(file.branch, self._policy)
        match = self._match(file.project)
        if not file.is_trusted and not self._may_name(file, context, match):
            self.refused[file.folder] = file.project
            return None
        may_make = file.is_trusted or self._policy.auto_create
        wanted = file.project if match.is_new and may_make else None
        is_kept = not file.is_trusted and file.folder == context.repo_path
        return Placement(
            match.project,
            f"project file in {file.folder}",
            task,
            wanted,
            folder=file.folder,
            tags=file.tags,
            is_kept=is_kept,
            by="file" if file.is_trusted else "foreign file",
        )

    def _may_apply(self, file: ProjectFile, context: Context) -> bool:
        """Whether the file counts here. A file from elsewhere counts in the checkout it came with, and not in a submodule."""
        if file.is_trusted:
            return True
        checkout = self._checkouts.get(context.repo_path or "")
        is_submodule = checkout is not None and checkout.kind == "submodule"
        return not is_submodule and is_within(file.folder, context.repo_path or file.folder)

    def _may_name(self, file: ProjectFile, context: Context, match: NameMatch) -> bool:
        """Whether a file from elsewhere may name this project: one that is new, or that was created because of this file. It
        may never name another repository's project, or one that somebody created for something else.
        """
        if match.project is None:
            return match.is_new
        repo = self._repos.get(context.repo) if context.repo else None
        if repo is not None and repo.project == match.project:
            return True
        made_for = self._projects[match.project].folder
        return made_for == file.folder and match.project not in self._repo_projects

    def _place_by_name(self, name: str, task: str | None) -> Placement:
        match = self._match(name)
        wanted = name if match.is_new and self._policy.auto_create else None
        return Placement(match.project, f"its sender named {name}", task, wanted, by="name")

    def _place_by_repo(self, context: Context, entity: str, task: str | None) -> Placement:
        repo = self._repos.get(context.repo) if context.repo else None
        checkout = self._checkouts.get(context.repo_path or "")
        if repo is not None and repo.answer in self._projects:
            return Placement(repo.answer, self._why_answered(repo, checkout), task, by="answer")
        if repo is not None and repo.answer is not None and repo.doubted_since_us is None:
            return Placement(None, "its project was deleted", task, by="answer")
        parent = self._checkouts.get(checkout.parent or "") if checkout else None
        if checkout and parent and checkout.kind == "submodule" and parent.repo != context.repo:
            placement = self._place(replace(context, repo=parent.repo, repo_path=parent.path), "")
            task = placement.task or task
            return replace(placement, why=f"submodule of {parent.path}", task=task, is_kept=False, by="superproject")
        if repo is not None and repo.project is not None:
            project = repo.project if repo.project in self._projects else None
            return Placement(project, self._why_kept(repo, checkout) if project else "its project was deleted", task, by="repo")
        shared = self._place_as_guest(repo, context, task) if repo is not None else None
        if shared is not None:
            return shared
        home = checkout.parent if checkout and checkout.kind == "worktree" and checkout.parent else context.repo_path
        placement = self._place_by_folder(home or "", task, "own folder")
        return replace(placement, is_kept=placement.is_kept or placement.is_automatic)

    def _place_outside(self, context: Context, folder: str, task: str | None) -> Placement:
        """A folder in no repository: its own is the project that was made for it, or that of a repository that was found there
        later. It makes no project: everybody works in many folders, and few of them are anybody's.
        """
        if folder in ("", "/"):
            return Placement(None, "it has no folder to take a name from", task)
        checkout = next((found for up in folders_up(folder, "/") if (found := self._repository_at(up)) is not None), None)
        if checkout is not None:
            return self._place(replace(context, repo=checkout.repo, repo_path=checkout.path, folder=None), "")
        made_for = next((p.id for p in self._projects.values() if p.folder == folder and p.id not in self._repo_projects), None)
        if made_for is not None:
            return Placement(made_for, "the folder's name", task)
        likeness = self.likeness(folder)
        name = self._projects[likeness.project].name if likeness is not None else ""
        why = f"{likeness.folder} looks like {name}, not confirmed" if likeness is not None else "outside every repository"
        return Placement(None, why, task)

    def _repository_at(self, path: str) -> KnownCheckout | None:
        """The checkout that is there, or was there last; None where it was moved away."""
        checkout = self._checkouts.get(path)
        if checkout is None or not checkout.is_gone:
            return checkout
        return checkout if self._clones.folder(checkout.repo) == checkout else None

    def likeness(self, folder: str) -> Likeness | None:
        """The project that a folder in no repository looks like: a proposal, never applied."""
        if self._folder_names is None:
            homes = ((repo.project, self._clones.folder(repo.id)) for repo in self._repos.values() if not repo.guest_of)
            of_repos = [(project, home.path) for project, home in homes if project in self._projects and home is not None]
            made_for = [(project.id, project.folder) for project in self._projects.values() if project.folder]
            self._folder_names = FolderNames([*of_repos, *made_for])
        return self._folder_names.likeness(folder)

    def _place_as_guest(self, repo: KnownRepo, context: Context, task: str | None) -> Placement | None:
        """The project of the folder that this one is a further clone of; None when it is none, or when that folder is mapped."""
        host = self._clones.host(repo)
        folder = self._clones.folder(host.id) if host is not None else None
        if host is None or folder is None:
            return None
        if host.project is not None:
            known = host.project if host.project in self._projects else None
            why = f"same remote as {folder.path}, not confirmed yet"
            return Placement(known, why, task, is_kept=True, guest_of=repo.network, by="guest") if known else None
        placed = self._place(replace(context, repo=host.id, repo_path=folder.path), "")
        return Placement(None, f"same remote as {folder.path}", task, waits_for=folder, by="guest") if placed.is_kept else None

    def _why_kept(self, repo: KnownRepo, checkout: KnownCheckout | None) -> str:
        if checkout is not None and checkout.kind == "worktree":
            return f"worktree of {checkout.parent}"
        if not repo.guest_of:
            return "own folder"
        folder = self._home_of(repo.project)
        return f"same remote as {folder.path if folder else repo.guest_of}, not confirmed yet"

    def _why_answered(self, repo: KnownRepo, checkout: KnownCheckout | None) -> str:
        if checkout is not None and checkout.kind == "worktree":
            return f"worktree of {checkout.parent}"
        home = self._home_of(repo.answer)
        if repo.doubted_since_us is not None:
            return f"joined with {home.path if home else 'it'} by an earlier version, not confirmed yet"
        is_shared = bool(repo.guest_of) and repo.answer == repo.project
        return f"same remote as {home.path if home else repo.guest_of}, confirmed" if is_shared else "your answer"

    def _home_of(self, project: ProjectId | None) -> KnownCheckout | None:
        """The folder that a project belongs to, not as a guest."""
        if self._homes is None:
            self._homes = {}
            for repo in sorted(self._repos.values(), key=lambda repo: repo.answer is not None):
                owned = repo.project if repo.answer is None else repo.answer
                folder = self._clones.folder(repo.id)
                if folder is not None and owned is not None and not repo.guest_of and repo.doubted_since_us is None:
                    self._homes.setdefault(owned, folder)
        return self._homes.get(project) if project is not None else None

    def doubted_since(self, repo: RepoId | None, project: ProjectId | None) -> int | None:
        """From which instant (microseconds) work in a repository on this project waits for its owner's answer whose hours they
        are; None: it does not wait. A guest whose folder has another name than its host's waits from its beginning.
        """
        known = self._repos.get(self._outermost(repo)) if repo is not None else None
        if known is None or project is None:
            return None
        folder = self._clones.folder(known.id)
        if known.answer is not None:
            is_doubted = known.doubted_since_us is not None and project == known.answer and not self.is_settled(known.id)
            return known.doubted_since_us if is_doubted else None
        if not known.guest_of or project != known.project or project not in self._projects or folder is None:
            return None
        if self.is_settled(known.id):
            return None
        host = self._projects[project]
        names = {normal_name(folder_names(host.folder)[0])} if host.folder else {normal_name(host.name)}
        return None if normal_name(folder_names(folder.path)[0]) in names else 0

    def _outermost(self, repo: RepoId) -> RepoId:
        """The repository whose project a repository has: its superproject's, unless it was answered or mapped itself."""
        for _ in range(MOST_NESTED):
            inner = self._submodules.get(repo)
            if inner is None or self.placement(_plain_context(inner)).by != "superproject":
                return repo
            repo = self._checkouts[inner.parent or ""].repo
        return repo

    def is_settled(self, repo: RepoId) -> bool:
        """Whether a mapping or a project file decides which project a repository's folder has."""
        folder = self._clones.folder(repo) or self._submodules.get(repo)
        return folder is not None and self.placement(_plain_context(folder)).by in ("mapping", "file")

    def folder_placement(self, path: str) -> Placement | None:
        """The placement of work in a checkout now; None when the checkout is not known."""
        checkout = self._checkouts.get(path)
        return self.placement(_plain_context(checkout)) if checkout is not None else None

    def own_draft(self, folder: str) -> ProjectDraft:
        """A project for a folder alone, with a name that nobody confuses with another."""
        return self._automatic_draft(folder)

    def _place_by_folder(self, folder: str, task: str | None, why: str) -> Placement:
        """Steps 4 and 5: a project of the same name, the fallback project, else a new project named after the folder."""
        if folder in ("", "/"):
            return Placement(None, "it has no folder to take a name from", task)
        free_projects = [p for p in self._projects.values() if p.id not in self._repo_projects]
        same_folder = [p.id for p in free_projects if p.folder == folder]
        if same_folder:
            return Placement(same_folder[0], why, task, is_kept=True, by="folder")
        names = [(p.id, p.name) for p in free_projects if p.folder in ("", folder)]
        match = match_name(folder_names(folder)[0], names)
        if match.project:
            return Placement(match.project, why, task, is_kept=True, by="folder")
        fallback = self._policy.fallback_project
        if fallback:
            match = self._match(fallback)
            return Placement(match.project, "fallback_project", task, fallback if match.is_new else None, by="fallback")
        if not self._policy.auto_create:
            return Placement(None, "auto_create is off", task)
        return Placement(None, why, task, folder_names(folder)[0], is_automatic=True, folder=folder, by="folder")

    def _automatic_draft(self, folder: str) -> ProjectDraft:
        """A new project for this folder, with a name that nobody confuses with another."""
        return ProjectDraft(free_name(folder, [name for _, name in (*self._names, *self._aliases)]), folder)

    def _match(self, name: str) -> NameMatch:
        """The project of this name, its present one or an earlier one."""
        return match_name(name, self._names, aliases=self._aliases)

    # ------------------------------------------------------------------ places

    def _paths(self, context: Context, entity: str) -> list[str]:
        """The path to resolve; for a linked worktree, then the same path in its main checkout."""
        base = context.repo_path if context.repo is not None else context.folder
        if not base:
            return [""]
        below = entity if context.kind not in GIT_KINDS else ""
        if below.startswith("/"):
            below = below[len(base.rstrip("/")) + 1 :] if is_within(below, base) else ""
        if ".." in below.split("/"):
            below = ""
        bases = [base]
        checkout = self._checkouts.get(base)
        if checkout and checkout.kind == "worktree" and checkout.parent:
            bases.append(checkout.parent)
        return [f"{folder.rstrip('/')}/{below}" if below else folder for folder in bases]

    def _find_rule(self, context: Context, path: str) -> MapRule | None:
        """The first rule that holds. Among rules on plain folders it is the nearest folder: whoever maps a folder inside another
        means exactly that folder."""
        holding = [rule for rule in self._rules if self._holds(rule, context, path)]
        if not holding or holding[0].path is None:
            return holding[0] if holding else None
        depths = [_plain_depth(rule) for rule in holding]
        if depths[0] < 0:
            return holding[0]
        return holding[max(range(len(holding)), key=lambda i: (depths[i], -i))]

    def _holds(self, rule: MapRule, context: Context, path: str) -> bool:
        if rule.path is None and rule.remote is None and rule.branch is None:
            return False
        if rule.path is not None and not (path and path_pattern(rule.path).matches(path)):
            return False
        return self._holds_without_path(rule, context)

    def _holds_without_path(self, rule: MapRule, context: Context) -> bool:
        """The conditions of a rule that do not look at the path."""
        if rule.project is None:
            return False
        if rule.branch is not None and not glob(rule.branch).fullmatch(context.branch or ""):
            return False
        if rule.remote is not None:
            repo = self._repos.get(context.repo) if context.repo else None
            return repo is not None and _is_remote(rule.remote, repo.remote)
        return True

    def _folders_with_files(self, context: Context, path: str) -> list[str]:
        """The folders whose project file applies to a path: up to the watched root, or up to the checkout outside all roots."""
        if not path:
            return []
        base = next((root for root in self._roots if is_within(path, root)), None)
        return folders_up(path, base or context.repo_path or path)

    def _is_divided(self, context: Context) -> bool:
        for base in self._paths(context, ""):
            if not base:
                continue
            for rule in self._rules:
                inside = rule.path is not None and path_pattern(rule.path).may_match_below(base)
                if inside and self._holds_without_path(rule, context):
                    return True
            if any(folder != base and is_within(folder, base) for folder in self._files):
                return True
        return False


def _plain_context(checkout: KnownCheckout) -> Context:
    """Work anywhere in a checkout, on no branch in particular."""
    return Context("watch", "edit", repo=checkout.repo, repo_path=checkout.path)


def _plain_depth(rule: MapRule) -> int:
    """The depth of a rule's folder when it has no wildcard and no other condition; -1 otherwise."""
    if rule.path is None or rule.remote is not None or rule.branch is not None:
        return -1
    literal = path_pattern(rule.path).literal
    return -1 if literal is None else literal.count("/") + 1


def _is_remote(pattern: str, remote: str) -> bool:
    """Whether a remote matches a pattern. Case is ignored, and the pattern may be an address as git writes it."""
    if not remote:
        return False
    plain_pattern = pattern if "://" not in pattern else normalise_remote(pattern)
    return glob(plain_pattern.lower()).fullmatch(remote.lower()) is not None
