from sensors.toml_lines import line_numbers, line_of


def test_a_line_is_found_in_lists_of_lists() -> None:
    text = "[[a.b]]\nx=1\n[[a.b.c]]\ny=1\n[[a.b]]\n[[a.b.c]]\ny=2\n[d]\nz=1\n"
    lines = line_numbers(text)

    assert line_of(lines, ("a", "b", 1, "c", 0, "y")) == 7
    assert line_of(lines, ("a", "b", 0, "missing")) == 1
    assert line_of(lines, ("d", "z")) == 9
