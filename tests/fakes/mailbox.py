"""A mail server of a few lines that keeps what it is given; it speaks SMTP as servers do."""

import asyncio
import ssl
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self


@dataclass
class Mailbox:
    """`refuse` maps a verb to the line it is answered with instead."""

    refuse: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None  # offered by STARTTLS
    login: str = ""  # what AUTH PLAIN must carry, base64; empty: nobody has to sign in
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    port: int = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test ESMTP\r\n")
        try:
            while line := await reader.readline():
                verb = line.decode().strip().partition(" ")[0].upper()
                answer = self.refuse.get(verb)
                if answer is None and verb == "DATA":
                    answer = await self._take(reader, writer)
                elif answer is None:
                    answer = self._answer(verb, line)
                writer.write(answer.encode() + b"\r\n")
                await writer.drain()
                if verb == "STARTTLS" and self.tls and verb not in self.refuse:
                    await writer.start_tls(self.tls)
                if verb == "QUIT":
                    break
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    def _answer(self, verb: str, line: bytes) -> str:
        if verb == "EHLO":
            offers = ["250-test", "250-8BITMIME"]
            offers += ["250-STARTTLS"] if self.tls else []
            offers += ["250-AUTH PLAIN"] if self.login else []
            return "\r\n".join([*offers, "250 SMTPUTF8"])
        if verb == "AUTH":
            right = line.decode().strip().rpartition(" ")[2] == self.login
            return "235 welcome" if right else "535 wrong password"
        if verb == "RCPT":
            self.recipients.append(line.decode().partition("<")[2].partition(">")[0])
        return {"QUIT": "221 bye", "STARTTLS": "220 go ahead"}.get(verb, "250 ok")

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """Take a mail to its lone dot; only then it is ours."""
        writer.write(b"354 go on\r\n")
        lines = []
        while (line := await reader.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        if not line:
            return ""
        self.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
        return "250 kept"
