"""A probe is silent by what was listened, not by the clock; what fell silent together is one."""

from hypothesis import given
from hypothesis import strategies as st

from edge.alarms.decide import Known, decide
from edge.alarms.engine import Side
from edge.alarms.finding import Finding
from edge.alarms.listening import _remembered, remembered
from edge.alarms.silence import Member, Silence, listened
from edge.settings import AlarmRule

RULE = AlarmRule(name="no-data", kind="no_data")
LIMIT_S = 300.0


def heard(newest, *, before=None, elapsed_s=10.0):
    for at in newest:
        before = listened(before, at, elapsed_s=elapsed_s, limit_s=LIMIT_S)
    return before


def finding(device, silent_s, *, line="uart", zone="A", limit_s=LIMIT_S, heard=2):
    silence = Silence(1, silent_s, 0 if silent_s >= limit_s else heard)
    return Finding(
        key=f"no-data/{device}",
        rule=RULE,
        side=silence.side(limit_s),
        device=device,
        facts={"devices": [{"device": device}]},
        remember=_remembered(silence, limit_s),
        member=Member(device, zone, line, limit_s, silence),
    )


def devices(raised):
    return [one.device for one in raised.findings]


def test_silence_is_counted_by_looks() -> None:
    assert heard([1, 1, 1]).silent_s == 20.0
    assert heard([1, 1, 2]).silent_s == 0.0


@given(st.integers(-(2**40), 2**40))
def test_a_clock_that_jumps_makes_nobody_silent(jump_ms) -> None:
    """The newest reading's time is only compared with itself."""
    assert heard([1000, 2000 + jump_ms, 3000 + jump_ms, 4000]).side(LIMIT_S) is Side.BACK


def test_who_speaks_once_in_a_while_is_not_back() -> None:
    """A probe that answers each ten minutes with a limit of five would call each ten minutes."""
    state = Silence(1)
    for newest in range(2, 6):
        state = heard([newest], before=state)
        assert state.side(LIMIT_S) is not Side.BACK or newest == 2
        state = heard([newest] * 60, before=state)
        assert state.side(LIMIT_S) is Side.OUT


def test_who_is_heard_twice_is_back() -> None:
    silent = heard([1] * 60)
    assert heard([2], before=silent).side(LIMIT_S) is Side.BETWEEN
    assert heard([2, 3], before=silent).side(LIMIT_S) is Side.BACK


def test_a_dead_port_is_one_alarm() -> None:
    """Forty probes on a cable that was cut: one call, naming the cable."""
    findings = [finding(f"p{i}", 300.0 - i * 4) for i in range(40)]
    findings.append(finding("other", 0.0, line="usb", zone="B"))

    (raised,) = decide(findings, {}, elapsed_s=10.0).raised

    assert devices(raised) == [f"p{i}" for i in range(40)]
    assert raised.scope == {"line": "uart"}


def test_a_room_without_power_is_one_alarm_over_its_lines() -> None:
    lines = ("uart", "mqtt", "usb")
    findings = [finding(f"a{i}", 300.0, line=lines[i]) for i in range(3)]
    findings += [finding(f"b{i}", 0.0, line=lines[i], zone="B") for i in range(3)]

    (raised,) = decide(findings, {}, elapsed_s=10.0).raised

    assert len(raised.findings) == 3
    assert raised.scope == {"zone": "A"}


def test_one_dead_probe_is_named_alone() -> None:
    findings = [finding("dead", 300.0), finding("alive", 0.0)]

    (raised,) = decide(findings, {}, elapsed_s=10.0).raised

    assert (devices(raised), raised.scope) == (["dead"], {})


def test_who_fell_silent_then_too_joins_without_another_call() -> None:
    """A slow probe on the same dead port is noticed later; it is no second cause."""
    slow = finding("slow", 900.0, limit_s=3000.0)
    first = decide([finding("fast", 300.0), slow], {}, elapsed_s=10.0)
    known = {key: Known(row.watched, "alarm", row.facts) for key, row in first.known.items()}
    assert "no-data/slow" not in known

    findings = [finding("fast", 2900.0), finding("slow", 3000.0, limit_s=3000.0)]
    second = decide(findings, known, elapsed_s=10.0)

    assert second.raised == []
    assert [(one.device, alarm) for one, alarm in second.joined] == [("slow", "alarm")]


def test_who_falls_silent_days_later_is_another_alarm() -> None:
    """A probe known to be dead must not hide the next one."""
    first = decide([finding("a", 300.0), finding("b", 0.0)], {}, elapsed_s=10.0)
    known = {key: Known(row.watched, "alarm", row.facts) for key, row in first.known.items()}

    second = decide([finding("a", 90_000.0), finding("b", 300.0)], known, elapsed_s=10.0)

    assert [devices(raised) for raised in second.raised] == [["b"]]
    assert second.joined == []


def test_what_was_raised_is_not_raised_again() -> None:
    findings = [finding(f"p{i}", 300.0) for i in range(3)]
    first = decide(findings, {}, elapsed_s=10.0)
    known = {key: Known(row.watched, "alarm", row.facts) for key, row in first.known.items()}

    again = decide(findings, known, elapsed_s=10.0)

    assert again.is_empty


def test_a_rule_that_is_gone_ends_its_alarm() -> None:
    first = decide([finding("a", 300.0)], {}, elapsed_s=10.0)
    known = {key: Known(row.watched, "alarm", row.facts) for key, row in first.known.items()}

    gone = decide([], known, elapsed_s=10.0)

    assert gone.gone == [("no-data/a", "alarm")]
    assert gone.known == {"no-data/a": None}


@given(st.floats(0, 10_000))
def test_a_silence_survives_a_restart_to_the_minute(silent_s) -> None:
    kept = decide([finding("a", silent_s)], {}, elapsed_s=10.0).known.get("no-data/a")
    back = remembered(kept.facts) if kept else None

    if silent_s < LIMIT_S / 3:
        assert back is None
    else:
        assert back is not None
        assert 0 <= silent_s - back.silent_s < 60
