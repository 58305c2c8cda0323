"""Which folders are asked about, and what is one question: a function of what is known of them, whatever their order."""

import random
from dataclasses import replace

import pytest

from stintd.domain.mapping.questions import DoubtfulFolder, ask

KIT = DoubtfulFolder("r-kit", "/w/kit", ("/w/kit", "/w/kit/.git"), "p-kit", "p-kit", has_work=True, log="aa", begun_us=1)
GLOBEX = DoubtfulFolder(
    "r-globex", "/w/globex", ("/w/globex", "/w/globex/.git"), "p-globex", "p-globex", has_work=True, log="aa", begun_us=2
)
US = replace(KIT, repo="r-us", path="/w/us", places=("/w/us", "/w/us/.git"), guest_of="h/x/kit", log="bb", begun_us=3)
JOINED = replace(US, repo="r-old", path="/w/old", places=("/w/old",), guest_of="", joined="p-kit", log="")


def gist(questions):
    return sorted(
        (
            question.kind,
            tuple(folder.path for folder in question.folders),
            question.other and question.other.path,
            question.project,
        )
        for question in questions
    )


def copied(number, **more):
    path = f"/w/copy{number}"
    own = f"p-{number}"
    return replace(GLOBEX, repo=f"r-{number}", path=path, places=(path, f"{path}/.git"), project=own, kept=own, **more)


def test_a_copy_asks_whether_it_is_the_same_project_as_what_was_there_before():
    assert gist(ask([GLOBEX, KIT])) == [("copy", ("/w/globex",), "/w/kit", "p-kit")]


def test_a_further_clone_and_a_folder_that_an_earlier_version_joined_ask_too():
    assert gist(ask([KIT, US])) == [("clone", ("/w/us",), "/w/kit", "p-kit")]
    assert gist(ask([KIT, JOINED])) == [("joined", ("/w/old",), "/w/kit", "p-kit")]


@pytest.mark.parametrize("folder", [GLOBEX, US, JOINED])
@pytest.mark.parametrize("why", ["is_answered", "is_settled"])
def test_what_was_answered_or_mapped_asks_nothing(folder, why):
    told = replace(folder, **{why: True}, joined=None if why == "is_answered" else folder.joined)
    assert ask([KIT, told]) == []
    if why == "is_answered":  # nor does the other side ask about it, should it look younger one day
        assert ask([replace(KIT, begun_us=9), told]) == []


@pytest.mark.parametrize(
    "folder",
    [
        replace(GLOBEX, has_work=False),
        replace(GLOBEX, is_gone=True),
        replace(GLOBEX, is_submodule=True),
        replace(GLOBEX, project="p-kit"),
        replace(GLOBEX, log="other"),
        replace(GLOBEX, log=""),
        replace(US, is_gone=True, has_work=False),
    ],
)
def test_where_nothing_is_in_doubt_nobody_asks(folder):
    assert ask([KIT, folder]) == []


def test_one_first_commit_asks_only_where_neither_has_a_remote():
    one, other = replace(KIT, log="", first_commit="c0"), replace(GLOBEX, log="", first_commit="c0")
    assert gist(ask([one, other])) == [("copy", ("/w/globex",), "/w/kit", "p-kit")]
    assert ask([replace(one, remote="https://h/a.git"), other]) == []
    assert ask([one, replace(other, remote="https://h/a.git")]) == []


@pytest.mark.parametrize("remote", ["/w/kit", "/w/kit/", "/w/kit/.git", "file:///w/kit", "../kit", "../kit/.git", "/w/./kit"])
def test_a_clone_of_a_folder_on_this_machine_names_it(remote):
    clone = replace(GLOBEX, log="cc", remote=remote)
    assert gist(ask([KIT, clone])) == [("copy", ("/w/globex",), "/w/kit", "p-kit")]


@pytest.mark.parametrize("remote", ["/w/other", "https://h/w/kit", "host:w/kit", "ext::sh -c /w/kit", "~/kit", "/w/globex", "./"])
def test_another_remote_names_no_folder(remote):
    assert ask([KIT, replace(GLOBEX, log="cc", remote=remote)]) == []


def test_a_clone_of_a_folder_that_is_mapped_asks_although_it_is_no_guest():
    mapped = replace(KIT, log="", network="h/x", kept=None, is_settled=True)
    clone = replace(GLOBEX, log="", network="h/x")
    assert gist(ask([mapped, clone])) == [("copy", ("/w/globex",), "/w/kit", "p-kit")]
    assert ask([replace(mapped, begun_us=9), clone]) == []
    assert ask([replace(mapped, network="h/y"), clone]) == []


def test_two_folders_that_name_each_other_are_one_question():
    one, other = replace(KIT, log="", remote="/w/globex"), replace(GLOBEX, log="", remote="/w/kit")
    assert gist(ask([one, other])) == [("copy", ("/w/globex",), "/w/kit", "p-kit")]
    assert ask([one, replace(other, is_answered=True)]) == []


def test_a_store_that_nobody_works_in_is_another_project_only_for_two_clones():
    store = replace(KIT, is_bare=True, has_work=False, project=None, kept=None, log="", path="/w/kit.git", places=("/w/kit.git",))
    clones = [copied(number, remote="/w/kit.git", log="") for number in (1, 2)]
    clones = [replace(clone, log="") for clone in clones]
    assert ask([store, clones[0]]) == []
    assert gist(ask([store, *clones])) == [("copy", ("/w/copy1", "/w/copy2"), "/w/kit.git", None)]


def random_folders(rng):
    """Folders of all kinds: originals, copies, clones, joined ones, answered, mapped, gone."""
    folders = []
    for number in range(rng.randrange(2, 14)):
        own, kept = f"p-{number}", rng.choice([f"p-{number}", f"p-{rng.randrange(6)}"])
        kind = rng.choice(["plain", "guest", "joined", "answered", "mapped"])
        folders.append(
            DoubtfulFolder(
                f"r-{number}",
                f"/w/f{number}",
                (f"/w/f{number}", f"/w/f{number}/.git"),
                rng.choice([own, own, None]),
                kept if kind in ("guest", "joined") else own,
                "h/x" if kind == "guest" else "",
                kept if kind == "joined" else None,
                kind == "answered",
                kind == "mapped",
                rng.random() < 0.1,
                rng.random() < 0.1,
                rng.random() < 0.2,
                rng.random() < 0.8,
                rng.choice(["", "", f"/w/f{rng.randrange(14)}", "https://h/x"]),
                rng.choice(["", "h/x", "h/y"]),
                rng.choice(["", "c1", "c2"]),
                rng.choice(["", "l1", "l2"]),
                rng.randrange(4),
            )
        )
    return folders


@pytest.mark.parametrize("seed", range(300))
def test_of_any_folders_each_is_in_one_question_at_most_and_like_ones_share_it(seed):
    rng = random.Random(seed)
    folders = random_folders(rng)
    questions = ask(folders)
    asked = [folder.repo for question in questions for folder in question.folders]
    assert len(asked) == len(set(asked))
    assert len({question.id for question in questions}) == len(questions)
    sides = [(question.kind, question.other.repo if question.other else question.project) for question in questions]
    assert len(sides) == len(set(sides))
    by_repo = {folder.repo: folder for folder in folders}
    for question in questions:
        for folder in question.folders:
            assert not folder.is_answered
            assert not folder.is_settled
            if question.kind == "copy":
                assert folder.project is not None
                assert question.other is not None
                assert folder.repo != question.other.repo
                assert question.project is None or question.project != folder.project
    for folder in folders:  # whatever hours somebody else's project has without a word is asked about
        if (folder.guest_of or folder.joined) and not (folder.is_settled or folder.is_answered):
            assert (folder.repo in asked) == (by_repo[folder.repo].has_work or not folder.is_gone)
    rng.shuffle(folders)
    assert [question.id for question in ask(folders)] == [question.id for question in questions]
    told = [replace(folder, is_answered=True, joined=None) if folder.repo in asked else folder for folder in folders]
    again = [folder.repo for question in ask(told) for folder in question.folders]
    assert not set(again) & set(asked)


def test_a_question_has_another_id_once_another_folder_is_in_it():
    [before] = ask([KIT, copied(1)])
    [after] = ask([KIT, copied(1), copied(2)])
    assert [len(before.folders), len(after.folders)] == [1, 2]
    assert before.id != after.id
    assert before.id == ask([copied(1), KIT])[0].id
