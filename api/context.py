"""What one running web service holds: handed to `create_app`, reached through the request."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jinja2 import Environment
from sqlalchemy import Engine
from starlette.requests import HTTPConnection

from api.attempts import Attempts
from api.dayshares import Days
from api.metrics import Counters
from api.settings import WebSettings
from api.stories import Stories

Clock = Callable[[], datetime]
# Prometheus text of whoever runs the service beside us: polls, commits, outbox.
MetricsSource = Callable[[], str]


# What whoever looks after the site should know now: typed errors, said in the reader's language.
Notices = Callable[[], Sequence[Exception]]


@dataclass(slots=True)
class Web:
    """The service's parts; one per `create_app`. Only `settings` changes while it runs."""

    engine: Engine
    settings: WebSettings
    now: Clock
    templates: Environment
    more_metrics: MetricsSource | None = None
    notices: Notices = list
    counters: Counters = field(default_factory=Counters)
    attempts: Attempts = field(default_factory=Attempts)
    stories: Stories = field(default_factory=Stories)
    days: Days = field(default_factory=Days)


def web_of(request: HTTPConnection) -> Web:
    web = request.app.state.web
    assert isinstance(web, Web)
    return web
