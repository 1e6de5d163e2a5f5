"""Theme files: what they must hold, and that one can read what they paint."""

from __future__ import annotations

import pytest

from workbench.config.themes import (
    COLORS,
    ThemeFile,
    find_theme,
    load_theme,
    parse_theme,
    theme_paths,
)
from workbench.errors import ConfigError, UnknownName
from workbench.tui.painter import Painter, textual_theme

SHIPPED = [load_theme(path) for path in theme_paths().values()]
READ = ("foreground", "muted", "accent", "pass", "fail", "warn", "live")
TEXT = 'name = "x"\n[colors]\n' + "\n".join(f'{name} = "#123456"' for name in COLORS)


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_there_are_two_dark_themes_a_light_one_and_one_of_high_contrast():
    dark = [theme.name for theme in SHIPPED if theme.dark]
    assert {"ink", "ember", "contrast"} <= set(dark)
    assert any(not theme.dark for theme in SHIPPED)


@pytest.mark.parametrize("theme", [t for t in SHIPPED if not t.ansi], ids=lambda t: t.name)
def test_every_text_can_be_read_on_every_ground(theme: ThemeFile):
    least = 7.0 if theme.name == "contrast" else 4.5
    for ground in ("background", "surface", "panel"):
        for name in READ:
            assert contrast(theme.colors[name], theme.colors[ground]) >= least, (name, ground)


@pytest.mark.parametrize("theme", SHIPPED, ids=lambda t: t.name)
def test_a_theme_can_be_worn(theme: ThemeFile):
    assert textual_theme(theme).to_color_system().generate()
    painter = Painter(theme)
    assert painter.style("fail bold", "surface").bold


def test_a_file_in_ones_own_folder_hides_the_shipped_one(tmp_path):
    (tmp_path / "ink.toml").write_text(TEXT.replace('"x"', '"ink"'))
    assert find_theme("ink", [tmp_path]).colors["fail"] == "#123456"
    assert find_theme("ink").colors["fail"] != "#123456"


def test_an_unknown_theme_offers_the_nearest():
    with pytest.raises(UnknownName) as caught:
        find_theme("inc")
    assert "ink" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "not valid TOML"),
        ('name = "Bad Name"', "lower case"),
        ('name = "x"', r"no \[colors\] table"),
        (TEXT.replace("#123456", "red", 1), "is no colour"),
        (TEXT.replace("fail = ", "failure = "), "no colour for fail"),
        (TEXT + '\nblue = "#000000"', "Unknown colour"),
        (TEXT.replace('"x"', '"x"\ndark = 1'), "true or false"),
        ('ansi = true\nname="x"\n[colors]\nbackground="#000000"', "no colour for"),
    ],
)
def test_a_malformed_theme_says_what_is_wrong(text: str, message: str):
    with pytest.raises((ConfigError, UnknownName), match=message):
        parse_theme(text, "x.toml")


def test_a_file_that_is_no_text_is_an_error_like_any_other(tmp_path):
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_theme(tmp_path / "bad.toml")


def test_a_chosen_row_can_be_read_in_the_terminals_own_colours():
    painter = Painter(find_theme("terminal"))
    for tones in ("", "muted", "fail", "accent bold"):
        style = painter.style(tones, "panel")
        assert style.reverse
        assert style.color == painter.style("").color
        assert style.bgcolor == painter.style("").bgcolor
