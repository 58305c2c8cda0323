"""One entry at one target: whatever happens in whatever order, nothing is doubled and nothing forgotten."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stintd.domain.billing import delivery as rules
from stintd.domain.billing.delivery import (
    ACTS,
    CHANGED,
    DELIVERED,
    DROPPED,
    GONE,
    PARKED,
    PENDING,
    SENDING,
    STATES,
    TABLE,
    WAITING,
    WITHDRAWN,
    Delivery,
)
from stintd.errors import Conflict

CONTENT = st.sampled_from(["a", "b", "c"])


def test_the_table_speaks_of_known_states_and_acts_only():
    assert {state for state, _ in TABLE} == set(STATES)
    assert {act for _, act in TABLE} == set(ACTS)
    assert set(TABLE.values()) <= {*STATES, rules.REST}


def test_an_act_the_table_does_not_have_is_refused():
    with pytest.raises(Conflict):
        rules.begin(Delivery(DELIVERED, "a", "a"))
    with pytest.raises(Conflict):
        rules.record_taken(Delivery(WAITING, "a"), "r1")


def test_an_edit_while_it_is_sent_is_an_update_afterwards():
    sent = rules.begin(rules.want(Delivery(), "a"))
    edited = rules.want(sent, "b")
    assert (edited.state, edited.sent) == (SENDING, "a")
    there = rules.record_taken(edited, "r1")
    assert (there.state, there.held, there.verb) == (CHANGED, "a", "update")


def test_a_deletion_while_the_outcome_is_unknown_removes_what_is_found():
    unknown = rules.want(rules.begin(rules.want(Delivery(), "a")), None)
    assert unknown.verb == "create"
    assert rules.record_taken(unknown, "r1").state == WITHDRAWN
    assert rules.record_missing(unknown).state == GONE


def test_what_was_given_up_is_tried_again_when_the_entry_changes_and_not_before():
    parked = rules.record_refused(rules.begin(rules.want(Delivery(), "a")))
    assert rules.want(parked, "a").state == PARKED
    assert rules.want(parked, "b").state == WAITING
    assert rules.retry(parked).state == WAITING


def test_what_is_locked_there_keeps_what_is_there_until_it_is_tried_again():
    parked = rules.record_locked(rules.begin(Delivery(CHANGED, "b", "a", None, "r1")))
    assert (parked.state, parked.held, parked.sent) == (PARKED, "a", None)
    assert rules.retry(parked).state == CHANGED


def test_what_a_person_dropped_stays_dropped():
    dropped = rules.drop(rules.want(Delivery(), "a"))
    assert rules.want(dropped, "b").state == DROPPED
    assert rules.want(dropped, None).state == GONE
    assert rules.retry(dropped).state == WAITING


def test_what_somebody_removed_there_is_not_made_anew_unasked():
    lost = rules.record_lost(rules.begin(Delivery(CHANGED, "b", "a", None, "r1")))
    assert (lost.state, lost.held, lost.remote_id) == (PARKED, None, "")


class OneEntry(RuleBasedStateMachine):
    """A target that does what it is told, answers or not, beside a daemon that knows only the answers."""

    def __init__(self):
        super().__init__()
        self.delivery, self.there, self.made, self.wanted = Delivery(), {}, 0, None

    @rule(content=st.one_of(st.none(), CONTENT))
    def edit(self, content):
        self.wanted = content
        self.delivery = rules.want(self.delivery, content)

    @precondition(lambda self: self.delivery.state in (WAITING, CHANGED, WITHDRAWN))
    @rule(is_stored=st.booleans(), is_heard=st.booleans(), is_anew=st.booleans())
    def attempt(self, is_stored, is_heard, is_anew=False):
        self.delivery = rules.begin(self.delivery, is_anew)
        name = self._write() if is_stored else ""
        if is_heard:
            self.delivery = rules.record_taken(self.delivery, name) if is_stored else rules.record_unsent(self.delivery)

    def _write(self):
        one = self.delivery
        if one.verb == "create":
            self.made += 1
            self.there[f"r{self.made}"] = one.sent
            return f"r{self.made}"
        if one.verb == "delete":
            self.there.pop(one.remote_id, None)
        else:
            self.there[one.remote_id] = one.sent
        return one.remote_id

    @precondition(lambda self: self.delivery.state == SENDING)
    @rule()
    def look(self):
        """Updates and removals are repeated; what may have been made is looked for."""
        if self.delivery.verb == "create":
            found = next(iter(self.there), None)
            self.delivery = rules.record_missing(self.delivery) if found is None else rules.record_taken(self.delivery, found)
        else:
            self.delivery = rules.record_taken(self.delivery, self._write())

    @precondition(lambda self: self.delivery.state == SENDING and self.delivery.verb == "create" and not self.there)
    @rule()
    def refuse(self):
        self.delivery = rules.record_refused(self.delivery)

    @precondition(lambda self: self.delivery.state == SENDING)
    @rule()
    def give_up(self):
        self.delivery = rules.give_up(self.delivery)

    @precondition(lambda self: self.delivery.state == SENDING and self.delivery.verb != "create")
    @rule()
    def lock(self):
        """An update or a removal that was not stored and is answered with a lock."""
        self.delivery = rules.record_locked(self.delivery)
        self.there = {self.delivery.remote_id: self.delivery.held}

    @precondition(lambda self: self.delivery.state in (WAITING, CHANGED, WITHDRAWN) and self.delivery.wanted is not None)
    @rule()
    def nobody_sees_the_difference(self):
        if self.delivery.held is not None:
            self.there[self.delivery.remote_id] = self.delivery.wanted
            self.delivery = rules.record_same(self.delivery)

    @precondition(lambda self: self.delivery.state == PARKED)
    @rule()
    def again(self):
        self.delivery = rules.retry(self.delivery)

    @invariant()
    def it_is_there_at_most_once(self):
        assert len(self.there) <= 1

    @invariant()
    def an_attempt_without_an_answer_says_what_it_wrote(self):
        if self.delivery.state == SENDING and self.delivery.held is None:
            assert self.delivery.sent is not None

    @invariant()
    def what_is_called_delivered_is_what_is_wanted_and_there(self):
        assert self.delivery.wanted == self.wanted
        if self.delivery.state == DELIVERED:
            assert self.there == {self.delivery.remote_id: self.wanted}
        if self.delivery.state == GONE:
            assert self.there == {}
            assert self.wanted is None

    def teardown(self):
        """Left alone with a target that is well, everything arrives."""
        for _ in range(6):
            if self.delivery.state == PARKED:
                self.again()
            if self.delivery.state == SENDING:
                self.look()
            elif self.delivery.state in PENDING:
                self.attempt(True, True)
        assert list(self.there.values()) == ([] if self.wanted is None else [self.wanted])


TestOneEntry = OneEntry.TestCase


class OneCorrected(RuleBasedStateMachine):
    """A target that takes entries and never changes one: what it holds is a sum."""

    def __init__(self):
        super().__init__()
        self.delivery, self.there, self.wanted = Delivery(), {}, None

    @rule(content=st.one_of(st.none(), st.sampled_from(["3", "5", "8"])))
    def edit(self, content):
        self.wanted = content
        self.delivery = rules.want(self.delivery, content)

    @precondition(lambda self: self.delivery.state in (WAITING, CHANGED, WITHDRAWN))
    @rule(is_stored=st.booleans(), is_heard=st.booleans())
    def attempt(self, is_stored, is_heard):
        self.delivery = rules.begin(self.delivery, corrects=True)
        assert self.delivery.verb in ("create", "correct")
        name = self._write() if is_stored else ""
        if is_heard:
            self.delivery = rules.record_taken(self.delivery, name) if is_stored else rules.record_unsent(self.delivery)

    def _write(self):
        """The same attempt again is the same entry, as a marker or a key sees to."""
        name = f"r{len(self.delivery.remote_id.split())}"
        self.there[name] = int(self.delivery.sent or 0) - int(self.delivery.held or 0)
        return name

    @precondition(lambda self: self.delivery.state == SENDING)
    @rule()
    def look(self):
        name = f"r{len(self.delivery.remote_id.split())}"
        self.delivery = rules.record_taken(self.delivery, name) if name in self.there else rules.record_missing(self.delivery)
        self._forget()

    @precondition(lambda self: self.delivery.state == SENDING)
    @rule()
    def refuse(self):
        """Nothing was stored, or it would have been found."""
        if f"r{len(self.delivery.remote_id.split())}" not in self.there:
            self.delivery = rules.record_refused(self.delivery)

    @precondition(lambda self: self.delivery.state == PARKED)
    @rule()
    def again(self):
        self.delivery = rules.retry(self.delivery)

    def _forget(self):
        """What sums up to nothing is nobody's any more."""
        if self.delivery.held is None and self.delivery.sent is None:
            assert sum(self.there.values()) == 0
            self.there = {}

    @invariant()
    def what_is_called_delivered_is_there_in_sum(self):
        if self.delivery.sent is None:
            self._forget()
            assert sum(self.there.values()) == int(self.delivery.held or 0)
        if self.delivery.state == DELIVERED:
            assert self.delivery.held == self.wanted

    def teardown(self):
        for _ in range(8):
            if self.delivery.state == PARKED:
                self.again()
            if self.delivery.state == SENDING:
                self.look()
            elif self.delivery.state in PENDING:
                self.attempt(True, True)
        assert sum(self.there.values()) == int(self.wanted or 0)


TestOneCorrected = OneCorrected.TestCase
