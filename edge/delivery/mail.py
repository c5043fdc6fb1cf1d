"""E-mail by SMTP: plain text, one message to one person.

Source: RFC 5321 (SMTP), RFC 5322 (messages), RFC 3834 (Auto-Submitted: no holiday answers to us).
"""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote

from edge.delivery.addresses import Address
from edge.delivery.limited import within
from edge.delivery.message import Message
from edge.errors import NotDelivered, Undeliverable
from edge.settings import Smtp

# Each step of the conversation; a server under load may take a while to greet.
STEP_S = 20.0
LIMIT_S = 60.0


async def send(message: Message, address: Address, smtp: Smtp, password: str) -> None:
    """Hand a message to the mail server.

    Raises:
        Undeliverable: no server is named, or the address is none.
        NotDelivered: the server is away, or refused it for now.
    """
    if not smtp.host:
        raise Undeliverable(
            address=address.label, cause="no mail server is named", next_step="set [smtp] host"
        )
    mail = compose(message, recipient_of(address), sender_of(smtp))
    try:
        await within(LIMIT_S, lambda: _send(mail, smtp, password), name="mail")
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise NotDelivered(address=address.label, cause=_said(error)) from error


def compose(message: Message, recipient: str, sender: str) -> EmailMessage:
    """Return the mail; its id is the message's own, so that a repeat is known as one."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, recipient
    mail["Subject"] = " ".join(message.title.split())
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.language
    mail.set_content(f"{message.title}\n\n{message.text}\n")
    return mail


def recipient_of(address: Address) -> str:
    """Return the person's address of a mailto: link.

    Raises:
        Undeliverable: it is none.
    """
    said = unquote(address.url.partition(":")[2].partition("?")[0]).strip()
    _, plain = parseaddr(said)
    if not plain or plain != said or "@" not in plain or any(c.isspace() for c in plain):
        raise Undeliverable(
            address=address.label,
            cause="that is no mail address",
            next_step="write mailto:NAME@HOST",
        )
    return plain


def sender_of(smtp: Smtp) -> str:
    return smtp.sender or f"minori@{smtp.host}"


def _send(mail: EmailMessage, smtp: Smtp, password: str) -> None:
    context = ssl.create_default_context()
    if smtp.security == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            smtp.host, smtp.port, timeout=STEP_S, context=context
        )
    else:
        client = smtplib.SMTP(smtp.host, smtp.port, timeout=STEP_S)
    with client:
        if smtp.security == "starttls":
            client.starttls(context=context)
        if smtp.username:
            client.login(smtp.username, password)
        client.send_message(mail)


def _said(error: Exception) -> str:
    """Return the server's own words, without what we said to it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return f"the mail server refused the recipient ({code} {_text(words)})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server refused it ({error.smtp_code} {_text(error.smtp_error)})"
    if isinstance(error, TimeoutError):
        return "the mail server did not answer in time"
    return f"the mail server cannot be reached ({error})"


def _text(words: bytes | str) -> str:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(said.split())[:200]
