"""A week's supply divided to the gram: contract first, recent share, priority, remainder."""

from hypothesis import given
from hypothesis import strategies as st

from traceability.division import Need, divide

GRAMS = st.integers(0, 10**9)
NEEDS = st.lists(
    st.builds(
        Need,
        name=st.text(min_size=1, max_size=8),
        contract_g=GRAMS,
        recent_g=GRAMS,
        priority=st.integers(1, 5),
        wants_g=st.none() | GRAMS,
    ),
    max_size=12,
    unique_by=lambda need: need.name,
)


@given(total=GRAMS, needs=NEEDS)
def test_not_a_gram_appears_or_disappears(total: int, needs: list[Need]) -> None:
    found = divide(total, needs)

    assert sum(found.by_name.values()) + found.remainder_g == total
    assert all(grams >= 0 for grams in (*found.by_name.values(), found.remainder_g))
    assert set(found.by_name) == {need.name for need in needs}


@given(total=GRAMS, needs=NEEDS)
def test_nobody_has_more_while_a_contract_of_its_priority_or_better_is_not_fulfilled(
    total: int, needs: list[Need]
) -> None:
    got = divide(total, needs).by_name

    short = [need for need in needs if got[need.name] < need.contract_g]
    for need in short:
        for other in needs:
            if other.priority >= need.priority and other.name != need.name:
                assert got[other.name] <= other.contract_g


@given(total=GRAMS, needs=NEEDS)
def test_nobody_gets_more_than_it_wants_or_has_a_right_to(total: int, needs: list[Need]) -> None:
    found = divide(total, needs)

    for need in needs:
        assert need.most_g is None or found.by_name[need.name] <= need.most_g
    if found.remainder_g:
        assert all(need.most_g == found.by_name[need.name] for need in needs)


@given(total=GRAMS, needs=NEEDS, seed=st.randoms())
def test_the_order_in_which_partners_are_named_changes_nothing(
    total: int, needs: list[Need], seed: object
) -> None:
    shuffled = list(needs)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]

    assert divide(total, shuffled) == divide(total, needs)


def test_contract_then_recent_share_then_remainder() -> None:
    needs = [
        Need("mart", contract_g=40_000, recent_g=300_000),
        Need("shop", recent_g=100_000, wants_g=10_000),
        Need("new", priority=2, wants_g=3_000),
    ]

    assert divide(100_000, needs).by_name == {"mart": 90_000, "shop": 10_000, "new": 0}
    # 60 kg above the contract: three quarters are mart's, 15 kg the shop's, who wants 10.
    limited = [Need("mart", 40_000, 300_000, wants_g=80_000), *needs[1:]]
    found = divide(100_000, limited)
    assert found.by_name == {"mart": 80_000, "shop": 10_000, "new": 3_000}
    assert found.remainder_g == 7_000


def test_too_little_goes_by_priority() -> None:
    needs = [Need("b", contract_g=50, priority=1), Need("a", contract_g=50, priority=2)]

    assert divide(60, needs).by_name == {"b": 50, "a": 10}
