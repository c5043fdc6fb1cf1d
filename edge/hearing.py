"""Whether a connection that is up still hears: brokers and proxies forget a subscription, a dead
line takes bytes for an hour, and the keep-alive is answered all the while.

Nothing heard for a while proves nothing on a quiet farm. So we then say something to ourselves, on
a topic of our own that we are subscribed to: what does not come back was not heard.
"""

from typing import Literal

# Probes mostly speak more often than this; a quiet site costs one message as often.
QUIET_S = 60.0
# A broker that takes longer for one message is as good as deaf.
ANSWER_S = 15.0
# A connection that has just been made hears itself within this, if nothing else comes.
QUIET_AT_FIRST_S = 5.0
# How often somebody has to look.
LOOK_EVERY_S = 5.0

State = Literal["hears", "ask", "asked", "deaf"]


def own_topic(client_id: str) -> str:
    """Return the topic on which a session speaks to itself."""
    return f"minori/ping/{client_id}"


class Hearing:
    """What one connection heard, and when; times are seconds of a clock that never goes back."""

    def __init__(self, now: float) -> None:
        self._heard_at = now
        self._asked_at: float | None = None

    def heard(self, now: float) -> None:
        """Note that something came, whatever it was."""
        self._heard_at = now
        self._asked_at = None

    def silent_s(self, now: float) -> float:
        """Return for how long nothing has come."""
        return now - self._heard_at

    def state(self, now: float) -> State:
        """Say what to make of the silence so far; `ask` is said once a silence."""
        if self._asked_at is not None:
            return "deaf" if now - self._asked_at >= ANSWER_S else "asked"
        if now - self._heard_at < QUIET_S:
            return "hears"
        self._asked_at = now
        return "ask"
