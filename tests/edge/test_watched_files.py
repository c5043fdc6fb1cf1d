"""A file counts as changed once its content is another, and lies still."""

import os
from pathlib import Path

from edge.watched_files import WatchedFiles


def test_a_change_counts_at_the_second_look_and_once(tmp_path: Path) -> None:
    """Between two looks somebody may still be writing: half a file can be a valid one."""
    file = tmp_path / "minori.toml"
    file.write_text("[site]")
    watched = WatchedFiles(lambda: [file])
    assert watched.changed() == set()

    file.write_text("[site]\ncode = 'a'\n")
    assert watched.changed() == set()
    file.write_text("[site]\ncode = 'a'\n[web]\nport = 1\n")
    assert watched.changed() == set()
    assert watched.changed() == {file}
    assert watched.changed() == set()


def test_who_says_that_it_is_written_does_not_wait(tmp_path: Path) -> None:
    file = tmp_path / "minori.toml"
    watched = WatchedFiles(lambda: [file])
    file.write_text("[site]")

    assert watched.changed(at_once=True) == {file}


def test_the_same_words_in_a_new_file_are_no_change(tmp_path: Path) -> None:
    file, other = tmp_path / "minori.toml", tmp_path / "other"
    file.write_text("[site]")
    watched = WatchedFiles(lambda: [file])
    other.write_text("[site]")
    other.replace(file)
    os.utime(file, (1, 1))

    assert [watched.changed(), watched.changed()] == [set(), set()]


def test_a_file_that_goes_and_one_that_comes_are_changes(tmp_path: Path) -> None:
    old, new = tmp_path / "a.toml", tmp_path / "b.toml"
    old.write_text("1")
    watched = WatchedFiles(lambda: tmp_path.glob("*.toml"))
    old.unlink()
    new.write_text("2")

    assert [watched.changed(), watched.changed()] == [set(), {old, new}]
