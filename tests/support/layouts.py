"""Layouts of folders below a watched one: how each is made, and which project each of its folders counts for, and why.

Each case has a folder of its own, named after it. Its scripts are run by bash there, with the words of `WORDS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

WORDS = r"""
set -euo pipefail
commit() { (cd "$1"; echo "$PWD ${2:-}" >> work.txt; git add work.txt; git commit -q -m "${2:-Go on in $1}"); }
new() { for name; do git init -q "$name"; commit "$name" "Begin $name"; done; }
serve() {  # repositories on a server, with a commit
  for name; do
    git init -q "$AWAY/$name.git"; (cd "$AWAY/$name.git"; git commit -q --allow-empty -m "Begin $name on the server"); done; }
take() { git clone -q "$SERVER/$1.git" "${2:-$1}"; }
begin_anew() { rm -rf "$1/.git"; git init -q "$1"; commit "$1" "Begin $1 anew"; }
sub() { (cd "$1"; git submodule add -q "$SERVER/$2.git" "$3"; git commit -q -m "Add $3"); }
"""
SERVER = "https://git.example.com"
"""Where the scripts clone from: git is told to look for it in a folder of the test's."""


HEARD_APART = "sometimes a new clone at a path is read before the folder that was moved from there: it is taken for that one"


class Place(NamedTuple):
    """A folder, the project its work counts for (None: no project's), and why, in the words of `stint repos`.

    `why` is "" where it is none of the checkouts that are listed. `is_asked`: a question about it is open. `is_confirmed`: its
    hours wait for no answer. `has_commits`, `has_saves`: whether commits, and files saved by no known editor, count there.
    """

    folder: str
    project: str | None
    why: str
    is_asked: bool = False
    is_confirmed: bool = True
    has_commits: bool = True
    has_saves: bool = True


def own(folder: str, project: str = "", *, is_asked: bool = False) -> Place:
    return Place(folder, project or folder.rpartition("/")[2], "own folder", is_asked)


def guest(folder: str, host: str, *, is_named_alike: bool = False) -> Place:
    """Another clone of the remote of `host`, the folder whose project it shares."""
    return Place(folder, host.rpartition("/")[2], f"same remote as {host}, not confirmed yet", True, is_named_alike)


def worktree(folder: str, main: str, project: str = "") -> Place:
    return Place(folder, project or main.rpartition("/")[2], f"worktree of {main}")


def submodule(folder: str, outer: str, project: str = "") -> Place:
    return Place(folder, project or outer, f"submodule of {outer}")


@dataclass(frozen=True)
class Layout:
    """One case. `before`: what the daemon knows already. `then`: what happens while it runs, with a pause after each step, or in
    one go while it is down. `after_downtime`: places that differ then, because less could be observed. `at_first`: lies there
    before the daemon starts for the first time. `reuses_path`: what was done earlier at one of the paths was another folder's.
    `missing`: by when it was made, what stintd does not do yet; what begins with "sometimes" depends on what is heard first.
    """

    name: str
    before: str
    then: tuple[str, ...]
    places: tuple[Place, ...]
    after_downtime: tuple[Place, ...] = ()
    at_first: str = ""
    reuses_path: bool = False
    missing: Mapping[str, str] = field(default_factory=dict)

    def expected(self, *, is_live: bool) -> list[Place]:
        others = {} if is_live else {place.folder: place for place in self.after_downtime}
        return [others.get(place.folder, place) for place in self.places]


TRIED = (
    Layout("copy", "new acme", ("cp -r acme globex; commit globex",), (own("acme"), own("globex", is_asked=True))),
    Layout(
        "copy, then a remote",
        "new alder",
        ("cp -r alder birch; commit birch", "git -C birch remote add origin $SERVER/birch.git; commit birch"),
        (own("alder"), own("birch", is_asked=True)),
    ),
    Layout("copy begun anew", "new cedar", ("cp -r cedar larch; begin_anew larch",), (own("cedar"), own("larch"))),
    Layout(
        "copy begun anew later",
        "new maple",
        ("cp -r maple rowan", "begin_anew rowan", "git -C rowan remote add origin $SERVER/rowan.git; commit rowan"),
        (own("maple"), own("rowan")),
    ),
    Layout(
        "clone, remote set later",
        "serve kit; take kit",
        ("take kit clienta; commit clienta", "git -C clienta remote set-url origin $SERVER/clienta.git; commit clienta"),
        (own("kit"), own("clienta")),
    ),
    Layout(
        "clone and remote set in one go",
        "serve kit2; take kit2",
        ("take kit2 clientb; git -C clientb remote set-url origin $SERVER/clientb.git; commit clientb",),
        (own("kit2"), own("clientb")),
    ),
    Layout(
        "clone begun anew in one go",
        "serve kit3; take kit3",
        ("take kit3 clientc; begin_anew clientc",),
        (own("kit3"), own("clientc")),
        missing={"live": "sometimes lost until something leads there: its `.git` went and came while it was being read"},
    ),
    Layout(
        "clone begun anew later",
        "serve kit4; take kit4",
        ("take kit4 clientd; commit clientd", "begin_anew clientd"),
        (own("kit4"), own("clientd")),
    ),
    Layout(
        "clone, remote removed",
        "serve kit5; take kit5",
        ("take kit5 cliente; commit cliente", "git -C cliente remote remove origin; commit cliente"),
        (own("kit5"), own("cliente")),
    ),
    Layout(
        "clone of a local path",
        "new hooli",
        ("git clone -q hooli piper; commit piper",),
        (own("hooli"), own("piper", is_asked=True)),
    ),
    Layout(
        "starter kit copied before the first start",
        "",
        ("commit starter; commit siteone; commit sitetwo",),
        (own("starter"), own("siteone", is_asked=True), own("sitetwo", is_asked=True)),
        at_first="new starter; cp -r starter siteone; cp -r starter sitetwo",
    ),
    Layout(
        "one archive begun twice in one second",
        "",
        (
            "for shop in shopa shopb; do mkdir $shop; echo same > $shop/same; (cd $shop; git init -q; git add same;"
            " GIT_AUTHOR_DATE='2026-11-20T09:00:00Z' GIT_COMMITTER_DATE='2026-11-20T09:00:00Z' git commit -q -m Begin); done",
            "commit shopa; commit shopb",
        ),
        (own("shopa"), own("shopb", is_asked=True)),
    ),
    Layout(
        "two clones of one remote",
        "serve prod; take prod prodeu",
        ("take prod produs; commit produs",),
        (own("prodeu"), guest("produs", "prodeu")),
    ),
    Layout("`.git` removed, made anew later", "new phoenix", ("rm -rf phoenix/.git", "begin_anew phoenix"), (own("phoenix"),)),
    Layout("`.git` made anew in one go", "new ashes", ("begin_anew ashes",), (own("ashes"),)),
    Layout(
        "one name in two parents",
        "mkdir -p clia; new clia/api",
        ("mkdir -p clib; new clib/api",),
        (own("clia/api"), own("clib/api", "clib/api")),
    ),
    Layout(
        "folder without git",
        "mkdir notes",
        ("echo text > notes/todo.md",),
        (Place("notes", None, "", has_commits=False, has_saves=False),),
    ),
    Layout(
        "fork with its own remote",
        "serve lib; take lib",
        ("serve libfork; take libfork; git -C libfork remote add upstream $SERVER/lib.git; commit libfork",),
        (own("lib"), own("libfork")),
    ),
    Layout("moved", "new mover; mkdir group", ("mv mover group/", "commit group/mover"), (own("group/mover"),)),
    Layout("renamed", "new oldname", ("mv oldname newname", "commit newname"), (own("newname", "oldname"),)),
    Layout(
        "remote moved to another host",
        "serve hosted; take hosted",
        ("git -C hosted remote set-url origin https://other.example.org/hosted.git; commit hosted",),
        (own("hosted"),),
    ),
    Layout("cloned again at its path", "serve again; take again", ("rm -rf again", "take again"), (own("again"),)),
    Layout("two empty repositories", "", ("git init -q empty1; git init -q empty2",), (own("empty1"), own("empty2"))),
    Layout(
        "shallow clone of a local path",
        "new deep",
        ("git clone -q --depth 1 file://$PWD/deep shallow; commit shallow",),
        (own("deep"), own("shallow", is_asked=True)),
    ),
    Layout(
        "first worktrees, inside",
        "new host",
        ("git -C host worktree add -q .claude/worktrees/login -b LOG-1; commit host/.claude/worktrees/login",),
        (own("host"), worktree("host/.claude/worktrees/login", "host")),
    ),
    Layout(
        "git data of links, as Google's repo makes it",
        "",
        (
            "git init -q linked; commit linked; mkdir store; mv linked/.git store/linked.git; mkdir linked/.git;"
            " (cd linked/.git; for name in ../../store/linked.git/*; do ln -s $name; done;"
            " rm HEAD; mv ../../store/linked.git/HEAD .)",
        ),
        (own("linked"),),
    ),
    Layout(
        "clone in an ignored vendor folder",
        "serve dep; new app; echo vendor/ > app/.gitignore; commit app",
        ("mkdir app/vendor; take dep app/vendor/dep",),
        (own("app"), own("app/vendor/dep")),
        missing={"live": "sometimes a clone into a folder that git ignores is found at the next start only"},
    ),
    Layout(
        "`.bare` and a `.git` file, with worktrees",
        "serve grove",
        (
            "mkdir grove; git clone -q --bare $SERVER/grove.git grove/.bare; echo 'gitdir: ./.bare' > grove/.git;"
            " git -C grove worktree add -q oak -b OAK-1; commit grove/oak",
        ),
        (Place("grove", "grove", "own folder", has_commits=False), worktree("grove/oak", "grove/.bare", "grove")),
    ),
)

MORE = (
    Layout(
        "bare clone with a worktree beside",
        "serve orchard",
        ("git clone -q --bare $SERVER/orchard.git; git -C orchard.git worktree add -q ../apple -b APP-1; commit apple",),
        (worktree("apple", "orchard.git", "orchard"),),
    ),
    Layout(
        "bare clone with a worktree inside",
        "serve meadow",
        ("git clone -q --bare $SERVER/meadow.git; git -C meadow.git worktree add -q clover -b CLO-1; commit meadow.git/clover",),
        (worktree("meadow.git/clover", "meadow.git", "meadow"),),
    ),
    Layout(
        "git data in a separate folder",
        "serve split",
        ("mkdir data; git clone -q --separate-git-dir data/split.git $SERVER/split.git split",),
        (own("split"),),
    ),
    Layout(
        "copy of a folder whose git data is elsewhere",
        "serve tied2; mkdir data2; git clone -q --separate-git-dir data2/tied2.git $SERVER/tied2.git tied2",
        ("cp -r tied2 untied",),
        (own("tied2"), Place("untied", "untied", "own folder", has_commits=False)),
    ),
    Layout(
        "submodule of a submodule",
        "serve inner middle outer; sub $AWAY/middle.git inner inner; take outer",
        ("sub outer middle middle; git -C outer submodule -q update --init --recursive",),
        (own("outer"), submodule("outer/middle", "outer"), submodule("outer/middle/inner", "outer/middle", "outer")),
    ),
    Layout("repository inside another", "new shell", ("(cd shell; new nut)",), (own("shell"), own("shell/nut"))),
    Layout(
        "repository begun around others",
        "mkdir -p suite; (cd suite; new part1 part2)",
        ("git init -q suite; commit suite",),
        (own("suite"), own("suite/part1"), own("suite/part2")),
    ),
    Layout(
        "copy of a repository with a worktree",
        "new trunk; git -C trunk worktree add -q ../branch1 -b TR-1",
        ("cp -r trunk trunkcopy; commit trunkcopy",),
        (own("trunk"), worktree("branch1", "trunk"), own("trunkcopy", is_asked=True)),
    ),
    Layout(
        "copy of a worktree",
        "new stem; git -C stem worktree add -q ../leaf -b LE-1",
        ("cp -r leaf leafcopy",),
        (own("stem"), worktree("leaf", "stem"), Place("leafcopy", "leafcopy", "own folder", has_commits=False)),
    ),
    Layout(
        "worktree moved by git",
        "new root1; git -C root1 worktree add -q ../twig -b TW-1",
        ("git -C root1 worktree move ../twig ../twig2; commit twig2",),
        (own("root1"), worktree("twig2", "root1")),
    ),
    Layout(
        "main moved, worktree repaired",
        "new pole; git -C pole worktree add -q ../flag -b FL-1; mkdir far",
        ("mv pole far/pole; git -C far/pole worktree repair ../../flag; commit flag",),
        (own("far/pole"), worktree("flag", "far/pole")),
    ),
    Layout(
        "parent of three renamed",
        "mkdir old; (cd old; new red green blue)",
        ("mv old young", "commit young/red"),
        (own("young/red"), own("young/green"), own("young/blue")),
    ),
    Layout(
        "two swapped in one go",
        "new left right",
        ("mv left tmp; mv right left; mv tmp right",),
        (own("left", "right"), own("right", "left")),
        reuses_path=True,
    ),
    Layout(
        "two swapped step by step",
        "new north south",
        ("mv north tmp", "mv south north", "mv tmp south"),
        (own("north", "south"), own("south", "north")),
        reuses_path=True,
    ),
    Layout(
        "moved onto the path of a removed one",
        "new heir late",
        ("rm -rf late; mv heir late", "commit late"),
        (own("late", "heir"),),
        reuses_path=True,
    ),
    Layout(
        "moved, and cloned again at its old path",
        "serve origin1; take origin1 home1",
        ("mv home1 kept1; take origin1 home1; commit home1",),
        (own("kept1", "home1"), Place("home1", "home1", "same remote as kept1, not confirmed yet", True)),
        reuses_path=True,
        missing={"live": HEARD_APART},
    ),
    Layout(
        "removed, and cloned again elsewhere",
        "serve origin2; take origin2 place1",
        ("rm -rf place1", "take origin2 place2; commit place2"),
        (guest("place2", "place1"),),
        missing={"live": "sometimes a repository that is being removed is read without its config, and its remote is forgotten"},
    ),
    Layout(
        "copied, then the first removed",
        "new disk1",
        ("cp -a disk1 disk2", "rm -rf disk1", "commit disk2"),
        (own("disk2", is_asked=True),),
        after_downtime=(own("disk2", "disk1"),),
    ),
    Layout(
        "clone of a clone by its path",
        "serve first; take first",
        ("git clone -q first second; git clone -q second third; commit third",),
        (own("first"), own("second", is_asked=True), own("third", is_asked=True)),
    ),
    Layout(
        "two clones in folders of one name",
        "serve twin; mkdir east west; take twin east/twin",
        ("take twin west/twin; commit west/twin",),
        (own("east/twin"), Place("west/twin", "twin", "same remote as east/twin, not confirmed yet", True)),
    ),
    Layout(
        "two forks with one upstream and no origin",
        "serve up fork1 fork2",
        (
            "for fork in fork1 fork2; do take $fork; git -C $fork remote rename origin mine;"
            " git -C $fork remote add upstream $SERVER/up.git; commit $fork; done",
        ),
        (own("fork1"), own("fork2")),
    ),
    Layout("`git init` late", "mkdir sketch; echo text > sketch/a.md", ("git init -q sketch; commit sketch",), (own("sketch"),)),
    Layout(
        "monorepo with a mapped part",
        "new mono; mkdir mono/shop mono/blog; stint map mono/shop shopfront --create --yes",
        ("commit mono",),
        (own("mono"), Place("mono/shop", "shopfront", "", has_commits=False)),
    ),
    Layout(
        "project file in the folder above",
        "",
        ("mkdir client; echo 'project = \"clientwork\"' > client/.stint.toml; (cd client; new web)",),
        (Place("client/web", "clientwork", "project file in client"),),
    ),
    Layout(
        "folder in the other Unicode form",
        "new $'Cafe\\u0301'",
        ("commit $'Cafe\\u0301'",),
        (own("Cafe\u0301"),),
    ),
    Layout(
        "one archive of a repository unpacked twice",
        "(cd $AWAY; git init -q packed; commit packed; tar cf packed.tar packed)",
        (
            "for name in unpack1 unpack2; do mkdir $name; tar xf $AWAY/packed.tar -C $name --strip-components=1; done;"
            " commit unpack1; commit unpack2",
        ),
        (own("unpack1"), own("unpack2", is_asked=True)),
    ),
    Layout(
        "copy that keeps times, as rsync -a",
        "new source1",
        ("cp -a source1 backup1; commit backup1",),
        (own("source1"), own("backup1", is_asked=True)),
    ),
    Layout(
        "remote set late, the same as another's",
        "serve shared; take shared; new loner",
        ("git -C loner remote add origin $SERVER/shared.git; commit loner",),
        (own("shared"), own("loner", is_asked=True)),
    ),
    Layout(
        "another repository as a subtree",
        "serve sublib; new carrier",
        (
            "(cd carrier; git fetch -q $SERVER/sublib.git;"
            " git merge -q -s ours --no-commit --allow-unrelated-histories FETCH_HEAD;"
            " git read-tree --prefix=sublib/ -u FETCH_HEAD; git commit -q -m 'Add sublib'); commit carrier",
        ),
        (own("carrier"),),
    ),
    Layout("link to a repository", "new real", ("ln -s real alias; commit alias",), (own("real"),)),
    Layout(
        "`.git` is a link elsewhere",
        "",
        ("git init -q tied; commit tied; mkdir gits; mv tied/.git gits/tied; ln -s ../gits/tied tied/.git; commit tied",),
        (own("tied"),),
    ),
    Layout("renamed in case only", "new Shout", ("mv Shout shout", "commit shout"), (own("shout", "Shout"),)),
    Layout(
        "clone that borrows objects",
        "serve lender; take lender",
        ("git clone -q --reference lender $SERVER/lender.git borrower; commit borrower",),
        (own("lender"), guest("borrower", "lender")),
    ),
    Layout(
        "one remote by https and by ssh",
        "serve dual; take dual dual1",
        ("take dual dual2; git -C dual2 remote set-url origin git@git.example.com:dual.git; commit dual2",),
        (own("dual1"), guest("dual2", "dual1")),
    ),
    Layout(
        "one relative remote in two places",
        "mkdir p1 p2; for p in p1 p2; do git init -q --bare $p/upstream.git; done",
        ("for p in p1 p2; do (cd $p; new rel$p; git -C rel$p remote add origin ../upstream.git; commit rel$p); done",),
        (own("p1/relp1"), own("p2/relp2")),
    ),
    Layout(
        "worktree with relative links",
        "new rela; git -C rela worktree add -q ../relwt -b RW-1",
        (
            "echo 'gitdir: ../rela/.git/worktrees/relwt' > relwt/.git;"
            " echo '../../../../relwt/.git' > rela/.git/worktrees/relwt/gitdir; commit relwt",
        ),
        (own("rela"), worktree("relwt", "rela")),
    ),
)
