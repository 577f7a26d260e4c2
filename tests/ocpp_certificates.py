# SPDX-License-Identifier: Apache-2.0
"""Certificates for the tests of OCPP's security profiles 2 and 3, made by trustme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hardware_in_loop.ocpp.security import CertificateOptions

if TYPE_CHECKING:
    from pathlib import Path


class Authority:
    """A root that signs, and the folder that its files are in."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        trustme = pytest.importorskip("trustme", reason="trustme makes the certificates of these tests")
        self._folder = folder
        self._keys = trustme.KeyType
        self._ca = trustme.CA()
        self.file = f"{name}.pem"
        self._ca.cert_pem.write_to_path(str(folder / self.file))

    def issue(self, name: str, *, common_name: str | None = None, rsa: bool = False) -> CertificateOptions:
        """Return a certificate for the loopback, or for a station by its common name."""
        kind = self._keys.RSA if rsa else self._keys.ECDSA
        leaf = self._ca.issue_cert("127.0.0.1", "localhost", common_name=common_name, key_type=kind)
        chain, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        for number, part in enumerate(leaf.cert_chain_pems):
            part.write_to_path(str(chain), append=number > 0)
        leaf.private_key_pem.write_to_path(str(key))
        key.chmod(0o600)
        return CertificateOptions(chain=chain.name, key=key.name)
