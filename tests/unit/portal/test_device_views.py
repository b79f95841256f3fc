"""Saved views in the portal: tabs beside the built-in ones."""


async def tabs(somebody, path="/devices"):
    page = await somebody.get(path)
    links = page.soup.select('nav[aria-label="Saved views"] a')
    named = {link.find(string=True, recursive=False).strip(): link for link in links}
    current = [name for name, link in named.items() if link.get("aria-current")]
    return {name: link["href"] for name, link in named.items()}, current


async def test_the_built_in_views_stand_first_with_their_counts(enter, manager, window_2):
    somebody = await enter(manager)
    found, current = await tabs(somebody)
    assert list(found) == ["All screens", "Online", "Late", "Offline", "Never seen"]
    assert current == ["All screens"]
    assert (await tabs(somebody, found["Never seen"]))[1] == ["Never seen"]
    assert (await tabs(somebody, "/devices?q=x&health=never"))[1] == []


async def test_a_list_is_saved_renamed_and_deleted(enter, manager, admin, window_2):
    somebody = await enter(manager)
    listed = await somebody.get("/devices?q=window&sort=-name")
    save = listed.soup.select_one("dialog#save-view form[action]")["action"]
    answer = await somebody.post(save, {"name": "Windows"})
    assert answer.location == "/devices?q=window&sort=-name"

    found, current = await tabs(somebody, answer.location)
    assert (found["Windows"], current) == (answer.location, ["Windows"])
    page = await somebody.get(answer.location)
    assert not page.soup.select("dialog#save-view")
    rename = page.soup.select_one("dialog#rename-view form[action]")["action"]
    await somebody.post(rename, {"name": "Front"})
    assert "Front" in (await tabs(somebody))[0]
    assert "Front" not in (await tabs(await enter(admin)))[0]

    delete = page.soup.select_one("dialog#delete-view form[action]")["action"]
    assert (await somebody.post(delete, {})).location == "/devices"
    assert "Front" not in (await tabs(somebody))[0]


async def test_a_taken_or_empty_name_is_refused(enter, manager, window_2):
    somebody = await enter(manager)
    await somebody.post("/devices/views?q=x", {"name": "Windows"})
    assert (await somebody.post("/devices/views?q=y", {"name": "Windows"})).status == 409
    assert (await somebody.post("/devices/views?q=y", {"name": " "})).status == 422


async def test_a_view_of_somebody_else_is_not_found(enter, manager, admin, window_2):
    somebody = await enter(manager)
    saved = await somebody.post("/devices/views?q=window", {"name": "Windows"})
    page = await somebody.get(saved.location)
    other = await enter(admin)
    for verb in ("rename", "delete"):
        action = page.soup.select_one(f"dialog#{verb}-view form[action]")["action"]
        assert (await other.post(action, {"name": "Mine"})).status == 404


async def test_an_analyst_saves_nothing(enter, analyst):
    answer = await (await enter(analyst)).post("/devices/views?q=x", {"name": "Windows"})
    assert answer.status == 403
