"""Names that no two players share."""

from uuid import UUID

from tests.unit.player.conftest import RunModule


async def test_an_id_is_a_uuid_of_version_7_that_holds_its_time(run: RunModule) -> None:
    at = 1_795_000_000_123
    made = UUID(await run("ids.js", "newId(given.at)", at=at))
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == at


async def test_no_two_ids_of_the_same_instant_are_equal(run: RunModule) -> None:
    script = "new Set(Array.from({ length: 10000 }, () => newId(5))).size"
    assert await run("ids.js", script) == 10_000


async def test_a_secret_has_256_bits(run: RunModule) -> None:
    assert len(bytes.fromhex(await run("ids.js", "newSecret()"))) == 32
