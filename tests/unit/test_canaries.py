"""What looks for planted values finds them in each form, and nothing else."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.canaries import found_in, packed_in, scan

PHONE, NAME, EMAIL = "13987654321", "夏侯惇子", "zq.canary@example.org"

# Words of property blocks as Neo4j 5.26 makes them: a key's number, the type, the coding, the length, the text.
WORDS = {
    PHONE: (0xB3C498961B000001, 0x91A2),
    NAME: (0x47D272980B000001, 0x56F2C3C1F357DF72, 0x48),
    EMAIL: (0x08F91D2A5B000001, 0xC2B20D0E0BFCC82E, 0x3C9F),
    f"phone:{PHONE}": (0x9C7908226B000001, 0x1C92CD3D14C70DA2, 0x10C5),
    f"Z{PHONE}": (0x7EF38D187B000001, 0x38EBCFF7E7BF),
}


@pytest.mark.parametrize("value", [PHONE, NAME, EMAIL])
@pytest.mark.parametrize(
    "form",
    [
        str.encode,
        lambda value: value.encode("utf-16-le"),
        lambda value: value.encode("utf-16-be"),
        lambda value: value.encode("unicode_escape"),
        lambda value: value.encode().hex().encode(),
    ],
    ids=["utf-8", "utf-16-le", "utf-16-be", "escaped", "hexadecimal"],
)
def test_a_value_is_found_as_text(value: str, form: Callable[[str], bytes]) -> None:
    """In any encoding, escaped as in JSON, and in hexadecimal digits."""
    assert found_in(b"\x01" + form(value) + b"\x02", [value, "13900000000"]) == [value]


@pytest.mark.parametrize("order", ["<", ">"], ids=["log", "store"])
@pytest.mark.parametrize("text", WORDS)
@pytest.mark.parametrize("start", range(8))
def test_a_value_is_found_as_neo4j_packs_it(text: str, order: str, start: int) -> None:
    """Alone or within a longer text, at any place of a file, in words of either order."""
    written = b"\xa5" * start + struct.pack(f"{order}{len(WORDS[text])}Q", *WORDS[text]) + b"\xa5" * 9
    within = [value for value in (PHONE, NAME, EMAIL) if value in text]
    assert packed_in(written, [PHONE, NAME, EMAIL, "13900000000"]) == within


def test_files_of_all_folders_are_scanned(tmp_path: Path) -> None:
    """Those in folders within them too."""
    for folder in ("one/within", "other"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "file").write_text(f"{folder} {PHONE}")
    written = scan(tmp_path / "one", tmp_path / "other")
    assert written.count(PHONE.encode()) == 2
