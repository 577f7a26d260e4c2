# SPDX-License-Identifier: Apache-2.0
"""The security profiles through the whole adapter: the bench's station is steered, and nobody else gets in, which is logged."""

from __future__ import annotations

import asyncio
import base64
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake

from hardware_in_loop.ocpp import ADAPTER
from hardware_in_loop.ocpp.options import OcppOptions
from tests.mqtt_broker import free_port
from tests.system.test_ocpp_central import until
from tests.unit.test_ocpp_station_world import Toy
from twinergy.adapters import Attached, FaultBoard, Image, Journal, LinkContext, LinkState

if TYPE_CHECKING:
    from pathlib import Path

    from hardware_in_loop.ocpp.driver import OcppDriver

PASSWORD, ENV = "hush hush hush hush 1", "POINT_PASSWORD"
RIGHT = base64.b64encode(f"CP-1:{PASSWORD}".encode()).decode()


def certificates(folder: Path) -> None:
    """Make certificates of the central system, of CP-1, and of those who should not get in."""
    trustme = pytest.importorskip("trustme", reason="trustme makes the certificates of these tests")
    ours, foreign = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(str(folder / "ca.pem"))
    past = {"not_before": datetime(2019, 1, 1, tzinfo=UTC), "not_after": datetime(2020, 1, 1, tzinfo=UTC)}
    for name, signer, common_name, times in (
        ("central", ours, None, {}),
        ("CP-1", ours, "CP-1", {}),
        ("CP-2", ours, "CP-2", {}),
        ("foreign", foreign, "CP-1", {}),
        ("expired", ours, "CP-1", past),
    ):
        made = signer.issue_cert("127.0.0.1", common_name=common_name, **times)
        (folder / f"{name}.pem").write_bytes(b"".join(part.bytes() for part in made.cert_chain_pems))
        made.private_key_pem.write_to_path(str(folder / f"{name}.key"))
        (folder / f"{name}.key").chmod(0o600)


def security(profile: int) -> dict[str, Any]:
    block: dict[str, Any] = {"security": {"profile": profile}}
    if profile < 3:
        block["security"]["password"] = {"env": ENV}
    if profile > 1:
        block["security"] |= {"certificates": [{"chain": "central.pem", "key": "central.key"}], "ca": "ca.pem"}
    if profile == 3:
        block["bench_certificate"] = {"chain": "CP-1.pem", "key": "CP-1.key"}
    return block


BASIC = (
    ("CP-1", RIGHT, "", "already_connected"), ("CP-1", "", "", "wrong_password"), ("CP-9", RIGHT, "", "unknown_station"),
    ("CP-1", base64.b64encode(b"CP-1:guess").decode(), "", "wrong_password"),
)  # fmt: skip
CERTIFIED = (
    ("CP-1", "", "CP-1", "already_connected"), ("CP-1", "", "CP-2", "wrong_certificate"), ("CP-1", "", "", "tls_failed"),
    ("CP-1", "", "foreign", "tls_failed"), ("CP-1", "", "expired", "tls_failed"), ("CP-2", "", "CP-2", "unknown_station"),
)  # fmt: skip
ATTEMPTS = {1: BASIC, 2: BASIC, 3: CERTIFIED}
"""Identity, what is shown as Basic, whose certificate is shown, and why that is turned away."""


async def attempt(folder: Path, port: int, profile: int, identity: str, basic: str, certificate: str) -> None:
    headers = {"Authorization": f"Basic {basic}"} if basic else {}
    context = ssl.create_default_context(cafile=str(folder / "ca.pem")) if profile > 1 else None
    if context is not None and certificate:
        context.load_cert_chain(folder / f"{certificate}.pem", folder / f"{certificate}.key")
    address = f"{'wss' if profile > 1 else 'ws'}://127.0.0.1:{port}/{identity}"
    with pytest.raises((InvalidHandshake, OSError)):
        await connect(address, additional_headers=headers, ssl=context, subprotocols=["ocpp1.6"], proxy=None)


@pytest.mark.parametrize("profile", [1, 2, 3])
def test_a_station_of_the_bench_is_steered_and_nobody_else_gets_in(profile, tmp_path, monkeypatch):
    monkeypatch.setenv(ENV, PASSWORD)
    if profile > 1:
        certificates(tmp_path)
    port = free_port()
    safe = {"set": {"p_max_kw": 4.2}, "within_s": 10}
    options = OcppOptions(listen=f"127.0.0.1:{port}", station="CP-1", mode="control", safe=safe, **security(profile))
    block = Attached(id="cp", device="cp", kind="charging", options=options, rated_kw=11.0)
    reads = ADAPTER.coverage("charging", options).reads
    image, toy = Image([("cp", name) for name in reads], [9.0] * len(reads)), Toy("cp")
    log = tmp_path / "log.jsonl"

    async def main() -> OcppDriver:
        with Journal(log) as journal:
            context = LinkContext(rows={"cp": image.row("cp")}, folder=tmp_path, journal=journal)
            driver, bench = ADAPTER.driver([block], context), ADAPTER.bench([block], toy, FaultBoard(), context)
            toy.plugged["cp"] = True
            await driver.start()
            await bench.start()
            link = driver.links["cp"]
            await until(lambda: link.state is LinkState.UP)
            await link.arm()
            await link.command({"p_max_kw": 7.4})
            await until(lambda: toy.power("cp") == 7.4)
            for identity, basic, certificate, _ in ATTEMPTS[profile]:
                await attempt(tmp_path, port, profile, identity, basic, certificate)
            assert toy.power("cp") == 7.4
            await link.release()
            await bench.close()
            await driver.close()
            return driver

    async def bounded() -> OcppDriver:
        async with asyncio.timeout(15.0):
            return await main()

    driver = asyncio.run(bounded())
    written = log.read_text(encoding="utf-8")
    for *_, reason in ATTEMPTS[profile]:
        assert f'"turned_away": "{reason}"' in written.replace('":"', '": "')
        assert next(iter(driver.listeners.values())).counts[reason] >= 1
    assert PASSWORD not in written
    assert RIGHT not in written


def test_a_bench_certificate_belongs_to_profile_3():
    with pytest.raises(ValueError, match="bench_certificate: in security profile 0"):
        OcppOptions(station="CP-1", security={"profile": 0}, bench_certificate={"chain": "a.pem", "key": "a.key"})


def test_a_station_that_was_turned_away_is_named_where_somebody_looks_for_it(tmp_path, monkeypatch):
    """The one that never comes is the first thing a tester asks about."""
    monkeypatch.setenv(ENV, PASSWORD)
    port = free_port()
    options = OcppOptions(listen=f"127.0.0.1:{port}", station="CP-1", **security(1))
    block = Attached(id="cp", device="cp", kind="charging", options=options, rated_kw=11.0)
    image = Image([("cp", "p_kw")], [9.0])

    async def main() -> tuple[str, str]:
        driver = ADAPTER.driver([block], LinkContext(rows={"cp": image.row("cp")}, folder=tmp_path))
        await driver.start()
        before = driver.links["cp"].said
        await attempt(tmp_path, port, 1, "CP-1", "", "")
        said = driver.links["cp"].said
        await driver.close()
        return before, said

    before, said = asyncio.run(main())
    assert before == "waits for CP-1 to connect"
    assert said.startswith("waits for CP-1 to connect; from 127.0.0.1")
    assert said.endswith("it was turned away: wrong password")
