# SPDX-License-Identifier: Apache-2.0
"""A real broker (mosquitto) on a free port of the loopback, with a password or certificates where a test wants them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, SECRET = "lab", "open sesame"


def program(name: str) -> str:
    """Return the path of a program, or skip the test."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install mosquitto mosquitto-clients")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Broker:
    """A broker that can be killed and started again."""

    place: Path
    port: int
    lines: list[str]
    scheme: str = "mqtt"
    block: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = self.place / "mosquitto.conf"
        user = ["user root"] if os.geteuid() == 0 else []
        config.write_text("\n".join([*user, "set_tcp_nodelay true", f"listener {self.port} 127.0.0.1", *self.lines, ""]))
        self.process = subprocess.Popen(
            [program("mosquitto"), "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 10.0
        while not listens(self.port):
            assert self.process.poll() is None, f"mosquitto did not take {config.read_text()}"
            assert time.monotonic() < end
            time.sleep(0.01)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def publish(self, topic: str, payload: str, *more: str) -> None:
        """Publish with mosquitto_pub, which shares no code with the adapter."""
        command = [
            program("mosquitto_pub"),
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-q",
            "1",
            "-t",
            topic,
            "-m",
            payload,
            *more,
        ]
        subprocess.run(command, check=True, timeout=10)


@contextmanager
def broker(place: Path, *lines: str, scheme: str = "mqtt", **block: Any) -> Iterator[Broker]:
    """Run a broker; without further lines of configuration it asks for nothing."""
    running = Broker(place, free_port(), list(lines) or ["allow_anonymous true"], scheme, block)
    running.start()
    try:
        yield running
    finally:
        running.kill()


def with_password(place: Path) -> list[str]:
    """Return the configuration of a broker that asks for the password."""
    passwords = place / "passwords"
    subprocess.run([program("mosquitto_passwd"), "-b", "-c", str(passwords), USER, SECRET], check=True, capture_output=True)
    passwords.chmod(0o644)
    return ["allow_anonymous false", f"password_file {passwords}"]


def with_certificates(place: Path) -> list[str]:
    """Return the configuration of a broker that asks for client certificates; their files stand in the folder."""
    import trustme

    authority, foreign = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(place / "ca.pem")
    server = authority.issue_cert("127.0.0.1", "localhost")
    server.private_key_pem.write_to_path(place / "server.key")
    server.cert_chain_pems[0].write_to_path(place / "server.pem")
    for name, signer in (("client", authority), ("foreign", foreign)):
        own = signer.issue_cert("lab@example.org")
        own.private_key_pem.write_to_path(place / f"{name}.key")
        own.cert_chain_pems[0].write_to_path(place / f"{name}.pem")
    (place / "server.key").chmod(0o644)
    files = [f"cafile {place / 'ca.pem'}", f"certfile {place / 'server.pem'}", f"keyfile {place / 'server.key'}"]
    return ["allow_anonymous true", *files, "require_certificate true"]
