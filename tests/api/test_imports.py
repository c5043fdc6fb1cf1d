"""Tables over HTTP and from the page: checked first, taken in once that was confirmed."""

import re

from httpx import Client

from tests.api.incoming import a_csv, a_workbook

HTML = {"accept": "text/html"}
GOOD = a_csv(("code", "name"), ("new", "新しい店"), ("mart", "Mart One"))
BAD = a_csv(("code", "role"), ("a b", "nobody"))
URL = "/api/v1/imports/partners"


def _names(client: Client) -> dict[str, str]:
    return {one["code"]: one["name"] for one in client.get("/api/v1/parties").json()}


def test_a_dry_run_is_what_happens_unless_it_is_said_otherwise(client: Client) -> None:
    dry = client.post(URL, content=GOOD).json()

    assert (dry["new"], dry["changed"], dry["kept"], dry["problems"]) == (1, 1, False, [])
    assert dry["changes"][1]["cells"] == {"name": ["Mart", "Mart One"]}
    assert "new" not in _names(client)


def test_the_real_run_keeps_all_and_again_changes_nothing(client: Client) -> None:
    done = client.post(URL, params={"dry_run": False}, content=GOOD).json()
    again = client.post(URL, params={"dry_run": False}, content=GOOD).json()

    assert (done["kept"], again["new"], again["changed"], again["same"]) == (True, 0, 0, 2)
    assert (_names(client)["new"], _names(client)["mart"]) == ("新しい店", "Mart One")


def test_a_real_run_with_a_problem_is_refused_whole(client: Client) -> None:
    answer = client.post(URL, params={"dry_run": False}, content=BAD)

    assert (answer.status_code, answer.json()["code"]) == (422, "import_refused")
    assert answer.json()["facts"]["row"] == 2
    listed = client.post(URL, content=BAD, params={"language": "ja"}).json()
    assert [one["column"] for one in listed["problems"]] == ["コード", "役割"]


def test_what_is_no_table_is_a_problem_and_not_our_fault(client: Client) -> None:
    answer = client.post(URL, content=b"\x89PNG\x00\xff\xfe\xfd")

    assert (answer.status_code, answer.json()["code"]) == (400, "file_unreadable")


def test_the_page_shows_what_would_change_and_then_takes_it_in(client: Client) -> None:
    files = {"file": ("partners.xlsx", a_workbook(("code", "name"), ("new", "=1+1")))}
    first = client.post("/import", data={"kind": "partners"}, files=files, headers=HTML)
    (content,) = re.findall(r'name="content" value="([^"]+)"', first.text)
    assert "new" not in _names(client)

    confirmed = {"kind": "partners", "content": content, "is_confirmed": "true"}
    second = client.post("/import", data=confirmed, headers=HTML)

    assert (first.status_code, second.status_code) == (200, 200)
    assert "Taken in: 1 new" in second.text
    assert 'name="content"' not in second.text
    assert "new" in _names(client)


def test_the_page_lists_every_problem_and_offers_no_button(client: Client) -> None:
    files = {"file": ("partners.csv", BAD)}

    said = client.post("/import", data={"kind": "partners"}, files=files, headers=HTML)

    assert said.text.count('<td class="num">2</td>') == 2
    assert 'name="content"' not in said.text


def test_no_file_is_said_on_the_page(client: Client) -> None:
    for data in ({"kind": "partners"}, {"kind": "partners", "content": "***"}):
        said = client.post("/import", data=data, headers=HTML)

        assert said.status_code == 400
        assert 'role="alert"' in said.text


def test_templates_are_offered_in_the_readers_language(client: Client) -> None:
    japanese = {"accept-language": "ja"}

    table = client.get("/import/products.csv", headers=japanese)
    shift_jis = client.get("/import/products.csv?encoding=cp932", headers=japanese)

    assert table.content.decode("utf-8-sig").startswith("コード*,名前")
    assert shift_jis.content.decode("cp932").startswith("コード*,名前")
    assert client.get("/api/v1/imports/lots/template.xlsx").content[:2] == b"PK"


def test_only_who_may_write_sends_tables(client: Client, add_user) -> None:
    add_user("shop", role="partner")
    token = client.post("/api/v1/token", json={"name": "shop", "password": "shop-secret"}).json()
    headers = {"authorization": f"Bearer {token['token']}"}

    assert client.post(URL, content=GOOD, headers=headers).status_code == 403
