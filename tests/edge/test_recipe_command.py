"""`minori catalogue recipe`: a file becomes the next version, and a version becomes a file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import recipe_file
from edge.errors import RecipeInvalid
from sensors import QUANTITIES
from tests.edge.console import Console
from traceability.models import Recipe
from traceability.recipes import Document

LETTUCE = """
crop = "lowk"
why = "cooler nights after trial 7"

[[stages]]
code = "nursery"
name_ja = "育苗"
days = 12
until = "transplant"
light = { on = "06:00", hours = 16 }

[stages.targets]
air_temperature = { day = [20, 24], night = [17, 20] }
dli = [9, 13]

[[stages]]
code = "growing"

[stages.targets]
ec = [1.4, 2.0]
"""


def written(console: Console, text: str = LETTUCE) -> str:
    file = console.folder / "recipe.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_file_becomes_the_next_version_and_says_for_which_lots(console: Console) -> None:
    first = console.ok("catalogue", "recipe", "import", written(console), "--by", "Sato")
    warmer = LETTUCE.replace("[20, 24]", "[21, 25]")
    second = console.ok("catalogue", "recipe", "import", written(console, warmer))
    again = console.ok("catalogue", "recipe", "import", written(console, warmer))

    assert first.out == "recipe of lowk: version 1, for every lot of it until the next\n"
    assert second.lines[0].startswith("recipe of lowk: version 2, for lots sown from ")
    assert again.out == "recipe of lowk is already so: version 2\n"
    shown = console.ok("catalogue", "recipe", "show", "lowk", "--version", "1")
    assert "by Sato" in shown.out
    assert "cooler nights after trial 7" in shown.out
    assert "day 20-24" in shown.out
    assert "to the transplant, planned after 12 days" in shown.out
    assert max(map(len, shown.lines)) <= 80


def test_what_is_shown_as_a_file_can_be_read_again(console: Console) -> None:
    console.ok("catalogue", "recipe", "import", written(console))

    back = console.ok("catalogue", "recipe", "show", "lowk", "--toml").out

    said = console.ok("catalogue", "recipe", "import", written(console, back))
    assert said.out == "recipe of lowk is already so: version 1\n"


def test_the_list_names_version_and_stages(console: Console) -> None:
    console.ok("catalogue", "recipe", "import", written(console))

    (row,) = console.ok("catalogue", "recipe", "list").lines[1:]

    assert row.split()[:2] == ["lowk", "1"]
    assert row.endswith("nursery, growing")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("days = 12", "dyas = 12"), ["line 8", "stages[1].dyas", "did you mean 'days'?"]),
        (("[9, 13]", "[13, 9]"), ["line 14", "stages[1].targets.dli", "the lower one first"]),
        (("[1.4, 2.0]", "[1400, 2000]"), ["line 16", "ec within 0 to 10 mS/cm"]),
        (('"06:00"', '"06:10"'), ["line 10", "a quarter hour"]),
        (('light = { on = "06:00", hours = 16 }', ""), ["line 5", "`light` in stage nursery"]),
        (("dli = ", "par = "), ["line 5", "not 'par'"]),
        (("[[stages]]", "[[stages]"), ["TOML"]),
    ],
)
def test_each_fault_names_its_line_and_what_would_be_right(
    console: Console, change: tuple[str, str], said: list[str]
) -> None:
    before = console.records()

    refused = console.run(
        "catalogue", "recipe", "import", written(console, LETTUCE.replace(*change))
    )

    assert refused.code == 2
    assert [part for part in said if part not in refused.err] == []
    assert "Traceback" not in refused.err
    assert console.records() == before


def test_a_crop_nobody_knows_and_a_missing_file_are_refused(console: Console) -> None:
    unknown = console.run("catalogue", "recipe", "import", written(console), "--crop", "lettuce")
    nowhere = console.run("catalogue", "recipe", "import", "nowhere.toml")
    none = console.run("catalogue", "recipe", "show", "lowk")

    assert "lowk, which the file says" in unknown.err
    assert "nowhere.toml" in nowhere.err
    assert "minori catalogue recipe import FILE.toml" in none.err


def test_ranges_alone_make_a_recipe_of_one_stage(console: Console) -> None:
    console.ok("catalogue", "recipe", "add", "lowk", "--target", "ph=5.5..6.5")
    said = console.ok("catalogue", "recipe", "add", "lowk", "--target", "ec=1.2..2")

    assert "version 2" in said.out
    assert {"ph", "ec"} <= set(console.ok("catalogue", "recipe", "show", "lowk").out.split())


def test_what_packs_are_kept_at_is_said_of_the_trade_item(console: Console) -> None:
    said = console.ok("catalogue", "item", "add", "lowk-80", "--keep-at", "1..5")

    assert {"storage_high_c", "storage_low_c"} == set(
        said.out.strip().partition("changed: ")[2].split(", ")
    )
    assert console.run("catalogue", "item", "add", "lowk-80", "--keep-at", "5..1").code == 2


_RANGES = st.tuples(st.floats(0.5, 4.0), st.floats(4.5, 9.0)).map(list)
_WANTED = st.one_of(
    _RANGES,
    st.fixed_dictionaries({"day": _RANGES}, optional={"night": _RANGES}),
)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_STAGE = st.fixed_dictionaries(
    {
        "name": _TEXT,
        "name_ja": _TEXT,
        "days": st.floats(0.1, 99),
        "light": st.sampled_from(
            [{"on": "05:15", "hours": 9.25}, {"by": "lamp"}, {"by": "ppfd", "above": 5.5}]
        ),
        "targets": st.dictionaries(st.sampled_from(["ec", "ph", "air_speed"]), _WANTED),
    },
    optional={"until": st.sampled_from(["transplant", "harvest"])},
)


def _believable(stage: dict[str, object]) -> dict[str, object]:
    targets = stage["targets"]
    assert isinstance(targets, dict)
    low = QUANTITIES["ph"].low
    if "ph" in targets:
        targets = {**targets, "ph": [low, low + 1.5]}
    return {**stage, "targets": targets}


@given(st.lists(_STAGE, min_size=1, max_size=3), _TEXT)
def test_any_recipe_survives_its_file(stages: list[dict[str, object]], source: str) -> None:
    """Quotes, control characters and emoji in names; numbers to the last digit shown."""
    rows = [{**_believable(stage), "code": f"s{n}"} for n, stage in enumerate(stages)]
    document = Document.model_validate({"stages": rows, "source": source})
    row = Recipe(crop_id="c", version=1, made_by="x", body=document.body())  # type: ignore[call-arg]

    text = recipe_file.as_toml(row, crop="lowk")

    assert recipe_file.parse(text).document == document


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(RecipeInvalid, match="of another encoding in line"):
        recipe_file.load(file)


def test_a_lot_is_told_stage_by_stage(console: Console) -> None:
    console.ok("catalogue", "recipe", "import", written(console))
    sow = ("lot", "sow", "L1", "--crop", "lowk", "--zone", "A", "--pieces", "9")
    console.ok(*sow, "--at", "2026-06-01T09:00")
    console.ok("lot", "transplant", "L1", "--zone", "A", "--at", "2026-06-15T09:00")

    said = console.ok("lot", "conditions", "L1")

    assert "育苗" in said.out or "nursery (L1, recipe version 1)" in said.out
    assert "2026-06-01 09:00 to 2026-06-15 09:00 (14 d), in Room A" in said.out
    assert "wanted, and not measured: air_temperature, dli" in said.out
    assert max(map(len, said.lines)) <= 80
    codes = [stage["code"] for stage in console.ok("lot", "conditions", "L1", "--json").json]
    assert codes == ["nursery", "growing"]


def test_a_person_says_which_stage_a_lot_is_in(console: Console) -> None:
    console.ok("catalogue", "recipe", "import", written(console))
    sow = ("lot", "sow", "L1", "--crop", "lowk", "--zone", "A", "--pieces", "9")
    console.ok(*sow, "--at", "2026-06-01T09:00")

    console.ok("lot", "stage", "L1", "growing", "--at", "2026-06-03T09:00")
    wrong = console.run("lot", "stage", "L1", "bloom", "--at", "2026-06-04T09:00")

    told = console.ok("lot", "conditions", "L1", "--json").json
    assert [(s["code"], s["start"][:10]) for s in told] == [
        ("nursery", "2026-06-01"),
        ("growing", "2026-06-03"),
    ]
    assert "one of nursery, growing" in wrong.err


def test_the_documented_file_can_be_read() -> None:
    docs = Path(__file__).parents[2] / "docs" / "recipes.md"
    text = docs.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]

    read = recipe_file.parse(text)

    assert [stage.code for stage in read.stages] == ["germination", "nursery", "growing"]
