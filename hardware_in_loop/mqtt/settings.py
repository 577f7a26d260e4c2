# SPDX-License-Identifier: Apache-2.0
"""Where a broker is and who asks: address, user, certificates."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from hardware_in_loop.mqtt.options import MqttOptions
    from twinergy.adapters import Secret


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a broker is and who asks; equal ones share a connection.

    Attributes
    ----------
    host, port : str, int
        Its address.
    version : str
        ``3.1.1`` or ``5``.
    user, password : str
        Empty for none.
    tls : tuple or None
        Authority, certificate and key files and whether the name is checked; None without TLS.
    keepalive_s, timeout_s : int, float
        See `MqttOptions`. [s]
    client_id : str
        Name at the broker, empty for one that is made up.
    secret, folder : Secret or None, str
        Where the password stands instead, read when the connection starts.
    """

    host: str
    port: int
    version: str = "3.1.1"
    user: str = ""
    password: str = ""
    tls: tuple[str, str, str, bool] | None = None
    keepalive_s: int = 15
    timeout_s: float = 2.0
    client_id: str = ""
    secret: Secret | None = None
    folder: str = ""

    def __repr__(self) -> str:
        return f"Settings({self.address}, user={self.user!r})"

    @property
    def address(self) -> str:
        """Address for people."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    @classmethod
    def of(cls, options: MqttOptions, folder: Path, *, read: bool = True) -> Settings:
        """Return the settings of an adapter block; its secret is read now, or when the connection starts.

        Raises
        ------
        DeviceError
            If the secret is to be read and there is none.
        """
        host, port = options.address
        tls = options.tls
        files = [str(folder / name) if name else "" for name in (tls.ca_file, tls.certificate_file, tls.key_file)]
        settings = cls(
            host=host,
            port=port,
            version=options.version,
            user=options.user,
            tls=(files[0], files[1], files[2], tls.check_name) if options.secure else None,
            keepalive_s=options.keepalive_s,
            timeout_s=options.timeout_s,
            client_id=options.client_id,
            secret=options.password,
            folder=str(folder),
        )
        return settings.known() if read else settings

    def known(self) -> Settings:
        """Return the settings with their secret read.

        Raises
        ------
        DeviceError
            If there is none.
        """
        return self if self.secret is None else replace(self, password=self.secret.read(Path(self.folder)))

    def context(self) -> ssl.SSLContext | None:
        """Return the TLS context, None without TLS.

        Raises
        ------
        DeviceError
            If a certificate or key cannot be read.
        """
        if self.tls is None:
            return None
        authority, certificate, key, check_name = self.tls
        try:
            context = ssl.create_default_context(cafile=authority or None)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.check_hostname = check_name
            context.sslsocket_class = _Socket
            if certificate:
                context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            named = ", ".join(name for name in (authority, certificate, key) if name)
            message = f"{self.address}: the certificates cannot be used ({error}); look at {named}"
            raise DeviceError(message) from error
        return context


class _Socket(ssl.SSLSocket):
    """Closes when the handshake fails, which the client library leaves to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise
