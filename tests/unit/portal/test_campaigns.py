"""Campaigns in the portal: the list with its pace, one campaign, booking and changing."""

from datetime import date
from uuid import uuid4

import pytest

from signage import assignments, campaign_standings, campaigns, content, playlists
from signage.actors import SYSTEM
from signage.playlist_items import NewItem
from signage.targets import Target

TODAY = date(2026, 11, 23)
FORM = {
    "name": "Winter tea", "advertiser": "Example Growers", "contract_number": "EX-9",
    "starts_on": "2026-12-01", "ends_on": "2026-12-31", "planned_plays": "5000",
}  # fmt: skip


@pytest.fixture
async def coffee(conn, now) -> campaigns.Campaign:
    """A campaign of eleven days, of which half have passed."""
    booked = campaigns.NewCampaign(
        name="Autumn coffee",
        advertiser="Example Roasters",
        starts_on=date(2026, 11, 18),
        ends_on=date(2026, 11, 28),
        planned_plays=1100,
    )
    return await campaigns.create(conn, SYSTEM, booked, now=now)


@pytest.fixture
def path(coffee) -> str:
    return f"/campaigns/{coffee.id}"


@pytest.fixture
async def played(conn, coffee, lisbon, window_2, now) -> content.Content:
    """The spot of the campaign, which was played 528 times in Lisbon, where it still runs."""
    spot = await content.create_url(
        conn,
        SYSTEM,
        content.Details(name="Spot", campaign_id=coffee.id),
        url="https://example.com",
        now=now,
    )
    await conn.execute(
        """
        INSERT INTO proof_of_play_aggregate_daily (device_id, report_day, store_id, campaign_id,
            content_id, plays, first_played_at, last_played_at)
        VALUES ($1, $2, $3, $4, $5, 528, $6, $6)
        """,
        window_2.id, TODAY, lisbon.id, coffee.id, spot.id, now,
    )  # fmt: skip
    items = [NewItem(content_id=spot.id)]
    loop = await playlists.create(conn, SYSTEM, name="Coffee loop", items=items, now=now)
    await assignments.put(conn, SYSTEM, Target("store", lisbon.id), loop.id, now=now)
    return spot


async def test_the_list_tells_planned_played_and_pace(enter, admin, coffee, path, played):
    page = await (await enter(admin)).get("/campaigns")
    assert page.heading == "Campaigns"
    assert page.links("Autumn coffee") == [path]
    assert page.links("New campaign") == ["/campaigns/new"]
    row = page.soup.select_one(f"#campaign-{coffee.id}")
    cells = {str(cell["data-label"]): cell.get_text(" ", strip=True) for cell in row.select("td")}
    assert (cells["Planned"], cells["Played"], cells["Pace"]) == ("1,100", "528", "4% behind")
    assert cells["State"] == "Running"


async def test_the_list_filters_and_swaps_only_the_rows(enter, admin, coffee):
    somebody = await enter(admin)
    for query, count in (("q=roasters", 1), ("q=nobody", 0), ("state=ended", 0)):
        page = await somebody.get(
            f"/campaigns?{query}", HX_Target="div#campaigns", HX_Request="true"
        )
        assert len(page.soup.select("tbody tr")) == count
        assert not page.soup.select("h1")


async def test_a_campaign_tells_where_it_runs_and_how_it_stands(enter, admin, path, played):
    page = await (await enter(admin)).get(path)
    assert page.heading == "Autumn coffee"
    for text in ("528", "4% behind", "expected by now: 550", "Lisbon", "Coffee loop"):
        assert text in page.text
    assert page.links("Spot") == [f"/content/{played.id}"]
    assert page.soup.select_one("figure svg[aria-label^='Plays by day']")


async def test_a_campaign_is_booked(enter, manager):
    somebody = await enter(manager)
    made = await somebody.post("/campaigns/new", FORM)
    page = await somebody.get(made.location)
    assert page.heading == "Winter tea"
    assert "5,000" in page.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("advertiser", "x" * 201),
        ("contract_number", "x" * 101),
        ("starts_on", "soon"),
        ("ends_on", "2026-11-30"),
        ("planned_plays", "many"),
        ("planned_plays", "-1"),
        ("planned_plays", "1000000000000001"),
    ],
)
async def test_a_wrong_value_is_refused_at_its_field(enter, manager, field, value, path):
    somebody = await enter(manager)
    for action in ("/campaigns/new", f"{path}/edit"):
        answer = await somebody.post(action, FORM | {field: value})
        assert answer.status == 422
        assert answer.error_of(field)


async def test_a_campaign_is_changed(enter, manager, path, conn, coffee, now):
    somebody = await enter(manager)
    values = (await somebody.get(f"{path}/edit")).form(f"{path}/edit")
    assert values["name"] == "Autumn coffee"
    assert (await somebody.post(f"{path}/edit", values | {"planned_plays": ""})).location == path
    after = await campaign_standings.find(conn, manager, coffee.id, now=now)
    assert (after.planned_plays, after.advertiser) == (None, "Example Roasters")


async def test_an_overtaken_form_says_what_changed_and_can_be_saved_knowingly(
    enter, manager, path, conn, coffee, now
):
    somebody = await enter(manager)
    edit = f"{path}/edit"
    values = (await somebody.get(edit)).form(edit)
    await campaigns.change(
        conn, SYSTEM, coffee.id, campaigns.Changes(contract_number="EX-1"), now=now
    )
    refused = await somebody.post(edit, values | {"name": "Mine"})
    assert refused.status == 409
    assert "contract number: EX-1" in refused.text
    again = refused.form(edit)
    assert (again["name"], again["revision"]) == ("Mine", "2")
    assert (await somebody.post(edit, again)).location == path


async def test_a_campaign_is_archived_and_restored(enter, manager, path, coffee):
    somebody = await enter(manager)
    dialog = (await somebody.get(path)).soup.select_one("dialog#archive")
    assert "Autumn coffee" in dialog.get_text()
    assert (await somebody.post(f"{path}/archive", {})).location == "/campaigns"
    assert not (await somebody.get("/campaigns")).links("Autumn coffee")
    assert (await somebody.get("/campaigns?state=archived")).links("Autumn coffee")
    assert (await somebody.post(f"{path}/archive", {})).status == 404
    await somebody.post(f"{path}/restore", {})
    assert (await somebody.get("/campaigns")).links("Autumn coffee")


async def test_an_analyst_reads_and_changes_nothing(enter, analyst, path, played):
    somebody = await enter(analyst)
    page = await somebody.get(path)
    assert page.heading == "Autumn coffee"
    assert "Coffee loop" not in page.text
    assert not (await somebody.get("/campaigns")).links("New campaign")
    for change in (f"{path}/edit", f"{path}/archive", f"{path}/restore", "/campaigns/new"):
        assert (await somebody.post(change, FORM)).status == 403


async def test_an_installer_sees_no_campaigns(enter, installer, path):
    somebody = await enter(installer)
    for page in ("/campaigns", path, "/campaigns/new"):
        assert (await somebody.get(page)).status == 403


async def test_an_absent_campaign_is_not_found(enter, manager):
    somebody = await enter(manager)
    absent = f"/campaigns/{uuid4()}"
    assert (await somebody.get(absent)).status == 404
    assert (await somebody.get(f"{absent}/edit")).status == 404
    for verb in ("archive", "restore"):
        assert (await somebody.post(f"{absent}/{verb}", {})).status == 404


async def test_the_list_asks_few_statements_however_many_rows(enter, admin, conn, now, coffee):
    somebody = await enter(admin)

    async def asked() -> int:
        seen: list[str] = []

        def note(record):
            seen.append(record.query)

        conn.add_query_logger(note)
        await somebody.get("/campaigns")
        conn.remove_query_logger(note)
        return len([one for one in seen if "/* campaign" in one])

    one = await asked()
    for number in range(30):
        booked = campaigns.NewCampaign(name=f"Campaign {number}")
        await campaigns.create(conn, SYSTEM, booked, now=now)
    assert await asked() == one == 3
