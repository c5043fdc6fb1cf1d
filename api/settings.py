"""What the pages and the HTTP interface need to know of where they run; `edge` fills it in."""

from dataclasses import dataclass

from traceability.wire import LARGEST_PACKED

# A request larger than this is refused before it is read: acts and forms are a few kilobytes.
LARGEST_BODY = LARGEST_PACKED


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Settings of the web service.

    Attributes:
        secret: Key that signs session cookies and tokens; at least 32 bytes, the same after a
            restart, or everybody has to sign in again.
        loopback: Whether the service listens on this machine only. Without any user everything
            is open then; on any other address nothing private is, until somebody signs in.
        public_url: Where shoppers and partners reach this service, without a slash at its end;
            empty: labels cannot be printed and links point at the address that was asked.
        metrics_token: What a collector on another machine shows to read /metrics; empty: only
            this machine may.
        confidence: How probable it must be that as much comes as is promised to a partner.
        language: Language of readers who ask for none that we have.
    """

    secret: bytes
    loopback: bool = True
    public_url: str = ""
    metrics_token: str = ""
    language: str = "en"
    confidence: float = 0.9
    largest_body: int = LARGEST_BODY
