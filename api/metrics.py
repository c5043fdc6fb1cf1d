"""Our own numbers for Prometheus: requests by method and status, and the time they took.

Source: Prometheus text exposition format 0.0.4.
"""

from collections import Counter
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Counters:
    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: float = 0.0

    def answered(self, method: str, status: int, seconds: float) -> None:
        self.requests[(method, status)] += 1
        self.seconds += seconds

    def text(self) -> str:
        """Return the counters in Prometheus' text form."""
        lines = [
            "# HELP minori_http_requests_total Requests answered.",
            "# TYPE minori_http_requests_total counter",
            *(
                f'minori_http_requests_total{{method="{method}",status="{status}"}} {count}'
                for (method, status), count in sorted(self.requests.items())
            ),
            "# HELP minori_http_seconds_total Time spent answering them.",
            "# TYPE minori_http_seconds_total counter",
            f"minori_http_seconds_total {self.seconds:.6f}",
        ]
        return "\n".join(lines) + "\n"
