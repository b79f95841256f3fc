"""The demo's stores, groups and screens; each screen is paired as an installer would have done."""

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from signage import claims, devices, groups, new_claims, pairing, stores
from signage.actors import SYSTEM
from signage.demo import chain
from signage.demo.chain import Kind, Screen, Shop
from signage.demo.diary import Diary
from signage.opening_hours import Hours

PLAYER_VERSION = "1.4.2"
OLD_PLAYER_VERSION = "1.3.9"
FULL_HD = (1920, 1080)
UNKNOWN = UUID(int=0)


class Hung(msgspec.Struct, frozen=True):
    """A screen that hangs in a store."""

    device_id: UUID
    shop: Shop
    name: str
    kind: Kind
    number: int

    @property
    def screen(self) -> Screen:
        """How the tables point at it."""
        return self.shop.code, self.name

    @property
    def player_version(self) -> str:
        """What it runs: most were updated, some were not yet."""
        return OLD_PLAYER_VERSION if self.number % 7 == 3 else PLAYER_VERSION


class Chain(msgspec.Struct, frozen=True):
    """The chain as it was opened: stores by code, groups by name, and every screen."""

    store_ids: dict[str, UUID]
    group_ids: dict[str, UUID]
    hung: list[Hung]


async def open_chain(
    conn: asyncpg.Connection, shops: tuple[Shop, ...], *, secret: bytes, diary: Diary
) -> Chain:
    """Open the stores, make the groups, and pair every screen of the shops."""
    store_ids = {shop.code: await _open_store(conn, shop, diary) for shop in shops}
    group_ids = {
        name: (await groups.create(conn, SYSTEM, name=name, rank=rank, now=diary.next())).id
        for name, rank in chain.GROUP_RANKS.items()
    }
    name, rank, rule = chain.RULED_GROUP
    await groups.create(conn, SYSTEM, name=name, rank=rank, rule=rule, now=diary.next())
    hung: list[Hung] = []
    for shop in shops:
        for name in shop.screens:
            screen = Hung(UNKNOWN, shop, name, chain.kind_of(name), len(hung))
            group = chain.MODELS[screen.kind].group
            in_groups = [group_ids[group]] if group else []
            approval = claims.Approval(store_ids[shop.code], name, in_groups)
            device_id = await _pair(conn, screen, approval, secret, diary)
            hung.append(msgspec.structs.replace(screen, device_id=device_id))
    return Chain(store_ids, group_ids, hung)


async def _open_store(conn: asyncpg.Connection, shop: Shop, diary: Diary) -> UUID:
    years = (diary.today.year, diary.today.year + 1)
    new = stores.NewStore(
        code=shop.code,
        name=shop.name,
        timezone=shop.timezone,
        address=shop.address,
        region=shop.region,
        opening_hours=shop.hours,
        closures=_closures(shop, years, diary),
        special_days={date(year, *chain.CHRISTMAS_EVE): chain.CHRISTMAS_EVE_HOURS for year in years}
        | _late_night(shop, diary),
    )
    return (await stores.create(conn, SYSTEM, new, now=diary.next())).id


def _closures(shop: Shop, years: tuple[int, ...], diary: Diary) -> list[date]:
    closed = [date(year, month, day) for year in years for month, day in chain.CLOSED_ON]
    counting = chain.STOCK_TAKING.get(shop.code)
    return sorted({*closed, diary.day(counting)}) if counting else closed


def _late_night(shop: Shop, diary: Diary) -> dict[date, Hours]:
    if shop.region != "South":
        return {}
    return {diary.day(7 + (4 - diary.today.weekday()) % 7): chain.LATE_NIGHT_HOURS}


async def _pair(
    conn: asyncpg.Connection,
    screen: Hung,
    approval: claims.Approval,
    secret: bytes,
    diary: Diary,
) -> UUID:
    claim = await new_claims.open_for_console(
        conn, SYSTEM, approval, secret=secret, now=diary.next()
    )
    paired = await pairing.redeem(
        conn,
        claim.claim_code,
        device_info=_device_info(screen),
        address=address_of(screen.number),
        secret=secret,
        now=diary.next(),
    )
    tags = [screen.kind.lower().replace(" ", "-"), screen.shop.region.lower()]
    changes = devices.Changes(tags=tags)
    await devices.change(conn, SYSTEM, paired.device_id, changes, now=diary.next())
    return paired.device_id


def address_of(number: int) -> str:
    """Return the address of a screen, from a block for documentation (RFC 5737)."""
    return f"198.51.100.{number + 10}"


def _device_info(hung: Hung) -> dict[str, Any]:
    model = chain.MODELS[hung.kind]
    width, height = reversed(FULL_HD) if model.portrait else FULL_HD
    orientation = "portrait" if model.portrait else "landscape"
    return {
        "model": model.model,
        "serial": f"PB-{2100 + hung.number * 17:05d}",
        "os": model.os,
        "player_version": hung.player_version,
        "screens": [{"width": width, "height": height, "orientation": orientation}],
        "timezone": hung.shop.timezone,
        "codecs": ["h264", "vp9"],
        "offline": True,
    }
