"""A settings file is right, or one sentence says which line is not and what would be."""

import os
from pathlib import Path

import pytest
from pydantic import BaseModel

from edge.errors import SettingsHidden, SettingsInvalid, SettingsMissing
from edge.secret_files import named
from edge.settings import Settings
from edge.settings_doc import markdown, sample, says, sections, table_of
from edge.settings_file import load, parse
from tests.edge.console import new_console
from tests.edge.processes import run


def _written(folder: Path, text: str) -> Path:
    file = folder / "minori.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_sample_that_init_writes_is_a_settings_file(tmp_path: Path) -> None:
    settings = load(_written(tmp_path, sample()))

    assert settings.zones[0].name_ja == "栽培室1"
    assert settings.database_url == f"sqlite:///{tmp_path}/minori.db"


def test_what_an_installed_service_writes_lies_in_its_data_folder(tmp_path: Path) -> None:
    """/etc is read-only to the service: database, keys and credentials must be elsewhere."""
    file, data = tmp_path / "etc" / "minori.toml", tmp_path / "var"
    file.parent.mkdir()
    assert run("init", str(file), "--data", str(data)).returncode == 0

    settings = load(file)

    assert settings.database_url == f"sqlite:///{data}/minori.db"
    for name in (settings.web.secret_file, settings.hub.credential_file):
        assert settings.path(name).parent == data


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[web]\nhots = '127.0.0.1'", ["line 2", "web.hots", "did you mean 'host'?"]),
        ("[web]\nport = 'eight'", ["line 2", "web.port", "'eight'"]),
        ("[wbe]\nport = 1", ["line 1", "unknown key 'wbe'", "did you mean 'web'?"]),
        ("[site]\ntime_zone = 'Tokyo'", ["line 2", "IANA", "'Tokyo'"]),
        ("[[zones]]\ncode='a'\n[[zones]]\ncode='a'", ["line 4", "zones[2].code", "used once"]),
        ("[[zones]]\nname='a'", ["line 1", "zones[1].code", "got nothing"]),
        ("[[devices]]\nname='a'\nport='x'\nmodel='m'", ["line 3", "devices[1].port", "[[ports]]"]),
        ("[[ports]]\nname='a'", ["line 1", "ports[1].device", "got nothing"]),
        ("[[mqtt.topics]]\ntopic='a/#'", ["line 2", "no + or #"]),
        ("[[mqtt.topics]]\ntopic='a'\nquantity='heat'", ["line 3", "air_temperature", "'heat'"]),
        ("[[devices]]\nname='a'\nstate_of='light'", ["line 3", "lamp, pump", "'light'"]),
        ("[web\n", ["line 1", "TOML"]),
        ("[mqtt]\nversion = 4", ["mqtt.version", "'5' or '3.1.1'"]),
    ],
)
def test_each_fault_names_line_key_expected_and_got(
    tmp_path: Path, text: str, said: list[str]
) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load(_written(tmp_path, text))

    assert [part for part in said if part not in str(caught.value)] == []
    assert "\n" not in str(caught.value)


def test_a_file_saved_on_windows_is_read(tmp_path: Path) -> None:
    """Notepad begins UTF-8 with a mark, and ends lines its own way."""
    file = tmp_path / "minori.toml"
    file.write_bytes(b"\xef\xbb\xbf" + sample().replace("\n", "\r\n").encode())

    assert load(file).zones[0].name_ja == "栽培室1"


@pytest.mark.parametrize("encoding", ["shift_jis", "latin-1"])
def test_another_encoding_is_named_with_its_line(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "minori.toml"
    letter = "é" if encoding == "latin-1" else "畑"
    file.write_bytes(f'[site]\ncode = "a"\nname = "{letter}"\n'.encode(encoding))

    with pytest.raises(SettingsInvalid, match="of another encoding in line 3; save it as UTF-8"):
        load(file)


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SettingsMissing, match=r"nowhere\.toml; `minori init`"):
        load(tmp_path / "nowhere.toml")


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user, which takes root")
def test_settings_of_another_user_are_answered_by_how_to_become_that_user(tmp_path: Path) -> None:
    """On an installed machine /etc/minori is the service's, and a technician is somebody else."""
    file = _written(tmp_path, sample())
    tmp_path.chmod(0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(SettingsHidden, match="sudo minori"):
            load(file)
    finally:
        os.seteuid(0)


def test_the_environment_wins_and_its_mistakes_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _written(tmp_path, "[web]\nport = 8001\nhost = '::1'")
    monkeypatch.setenv("MINORI_CONFIG", str(file))
    monkeypatch.setenv("MINORI_WEB__PORT", "8002")
    assert (load().web.port, load().web.host) == (8002, "::1")

    monkeypatch.setenv("MINORI_WEB__PORT", "many")
    with pytest.raises(SettingsInvalid, match=r"environment: MINORI_WEB__PORT: .* got 'many'"):
        load()
    monkeypatch.delenv("MINORI_WEB__PORT")
    monkeypatch.setenv("MINORI_DATABASE_URL", "sqlite:///x.db")
    with pytest.raises(SettingsInvalid, match="two underscores part section and key"):
        load()


def _fields() -> list[tuple[str, str, type[BaseModel]]]:
    return [(title, name, table) for title, table in sections() for name in table.model_fields]


@pytest.mark.parametrize(("title", "name", "table"), _fields())
def test_every_field_says_what_breaks_if_it_is_wrong(
    title: str, name: str, table: type[BaseModel]
) -> None:
    note = says(table.model_fields[name])

    assert len(note.what) > 10
    assert len(note.wrong) > 10


def test_every_section_is_reached_by_the_walk() -> None:
    assert all(table_of(info) is not None for info in Settings.model_fields.values())
    assert {"[site]", "[[mqtt.topics]]", "[[mqtt.topics.fields]]"} <= {t for t, _ in sections()}


def test_the_settings_page_is_what_the_code_says() -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"

    assert page.read_text(encoding="utf-8") == markdown(), (
        "run: minori settings doc > docs/settings.md"
    )


def test_a_postgres_address_and_an_absolute_file_stay_as_they_are(tmp_path: Path) -> None:
    for url in ("postgresql+psycopg://u:p@h/db", "sqlite:////var/lib/minori.db"):
        assert parse({"database": {"url": url}}).inside(tmp_path).database_url == url


def test_every_file_that_settings_name_is_found_by_its_key(tmp_path: Path) -> None:
    """They are watched for changes, and copied with `minori backup --secrets`."""
    contacts = [{"name": "a", "urls": ["mqtt:told"]}, {"name": "b", "urls_file": "b.urls"}]
    settings = parse({"mqtt": {"password_file": "word"}, "contacts": contacts}).inside(tmp_path)

    found = dict(named(settings))

    assert found["mqtt.password_file"] == tmp_path / "word"
    assert found["contacts.2.urls_file"] == tmp_path / "b.urls"
    assert "contacts.1.urls_file" not in found


def test_a_model_that_nobody_knows_is_wrong_before_the_service_starts(tmp_path: Path) -> None:
    """Else `settings check` says right, and the service ends at its next start."""
    console = new_console(tmp_path)
    with console.config.open("a") as file:
        file.write('[[ports]]\nname = "line-1"\ndevice = "/dev/serial/by-id/x"\n')
        file.write('[[devices]]\nname = "co2-1"\nmodel = "senseair_s9"\nport = "line-1"\n')

    said = console.refused("settings", "check")

    assert said.startswith(
        "unknown_model: there is no model 'senseair_s9'; the nearest are senseair_s8"
    )
