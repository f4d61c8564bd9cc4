"""Files of rejects: complete, readable by their owner only, and without anything personal."""

import csv
import json
import stat
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from renche.ingest.checks import Checks, Problem
from renche.ingest.files import InputFile, find_files
from renche.ingest.forget import COLUMNS
from renche.ingest.read import RowError, open_file
from renche.ingest.rejects import Rejects, masked
from renche.ingest.rows import Row, parse

CHECKS = Checks.build(date(2024, 6, 1))
PERSONAL = [
    "王小明",
    "13812341234",
    "wang.wei@example.com",
    "11010519491231002X",
    "沪A12345",
    "oABCDEFGHIJKL",
    "A123456",
]
ROW = {
    "source": "crm",
    "source_id": "p-1",
    "kind": "natural",
    "name": "王小明",
    "phone": "13812341234",
    "email": "wang.wei@example.com",
    "wechat_unionid": "oABCDEFGHIJKL",
    "app_account": "A123456",
    "id_card": "11010519491231002X",
    "plate": "沪A12345",
    "birth_year": "49",
    "city": "310000",
}


def _input(folder: Path, name: str = "people.csv", content: str = "source,source_id\n") -> InputFile:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content, encoding="utf-8")
    return find_files([folder / name])[0]


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _problems(kind: str, raw: dict[str, Any]) -> list[Problem]:
    found = parse(kind, raw, CHECKS)
    assert isinstance(found, list)
    return found


def test_a_rejected_row_is_written_with_place_and_reason(tmp_path: Path) -> None:
    """Each rejected row is one line: file, line, columns, reasons and the masked row."""
    file = _input(tmp_path / "in")
    raw = {**ROW, "gender": "x"}
    with Rejects(tmp_path / "rejects" / "run-1", [file]) as rejects:
        rejects.add(file, 7, _problems("people", raw), raw)
        rejects.add(file, 9, RowError("The line is not valid JSON; write one object in each line."))
    first, second = _read(tmp_path / "rejects" / "run-1" / "people.csv.csv")
    assert list(first) == list(COLUMNS)
    assert (first["file"], first["line"], first["field"]) == (str(file.path), "7", "gender; birth_year")
    assert first["reason"].startswith("gender is none of female, male; write one of them. birth_year is outside")
    row = json.loads(first["row"])
    assert (row["source_id"], row["birth_year"], row["city"], row["phone"]) == ("p-1", "49", "310000", "138****1234")
    assert (row["name"], row["plate"]) == ("王**", "沪A***45")
    assert (second["line"], second["field"], second["row"]) == ("9", "", "")


def test_rejects_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    """The file and its folder are closed to others, and no file is made where nothing was rejected."""
    bad, good = _input(tmp_path / "in"), _input(tmp_path / "in", "vehicles.csv")
    folder = tmp_path / "rejects"
    with Rejects(folder, [bad, good]) as rejects:
        assert not folder.exists()
        rejects.add(bad, 2, RowError("x"))
    [path] = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_files_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    """Two input files of the same name in different folders have their own rejects."""
    files = [_input(tmp_path / "a"), _input(tmp_path / "b")]
    with Rejects(tmp_path / "rejects", files) as rejects:
        for file in files:
            rejects.add(file, 2, RowError("x"))
    assert [_read(tmp_path / "rejects" / name)[0]["file"] for name in ("people.csv.csv", "people.csv-2.csv")] == [
        str(file.path) for file in files
    ]


def test_resuming_forgets_what_is_read_again(tmp_path: Path) -> None:
    """After a crash the rejects behind the last committed line go, a torn last line too, and none is there twice."""
    file = _input(tmp_path / "in")
    folder = tmp_path / "rejects"
    with Rejects(folder, [file]) as rejects:
        for line in (2, 5, 8):
            rejects.add(file, line, RowError("x"))
    with (folder / "people.csv.csv").open("a", encoding="utf-8") as torn:
        torn.write("people.csv,9")
    with Rejects(folder, [file]) as rejects:
        rejects.resume(file, 5)
        rejects.add(file, 8, RowError("again"))
    assert [(row["line"], row["reason"]) for row in _read(folder / "people.csv.csv")] == [
        ("2", "x"),
        ("5", "x"),
        ("8", "again"),
    ]
    with Rejects(folder, [file]) as rejects:
        rejects.resume(file, 0)
    assert list(folder.iterdir()) == []


def test_resuming_without_rejects_is_nothing(tmp_path: Path) -> None:
    """A file that had no rejects has none to forget."""
    file = _input(tmp_path / "in")
    with Rejects(tmp_path / "rejects", [file]) as rejects:
        rejects.resume(file, 5)
        rejects.flush()
    assert not (tmp_path / "rejects").exists()


@pytest.mark.parametrize("shift", range(1, len(ROW)))
def test_shifted_columns_show_nothing_personal(tmp_path: Path, shift: int) -> None:
    """However the columns of a row are shifted, no personal value reaches the rejects."""
    file = _input(tmp_path / "in")
    values = list(ROW.values())
    raw = dict(zip(ROW, values[shift:] + values[:shift], strict=True))
    found = parse("people", raw, CHECKS)
    if not isinstance(found, Row):
        with Rejects(tmp_path / "rejects", [file]) as rejects:
            rejects.add(file, 2, found, raw)
        written = (tmp_path / "rejects" / "people.csv.csv").read_text(encoding="utf-8")
        # What stands in source_id or source cannot be told from a key, unless its form gives it away.
        keys = {raw["source"], raw["source_id"]}
        assert [value for value in PERSONAL if value in written and value not in keys] == []
        assert not {"王小明", "13812341234", "11010519491231002X", "沪A12345", "wang.wei@example.com"} & {
            value for value in keys if value in written
        }


@pytest.mark.parametrize(
    ("kind", "raw", "failed", "shown"),
    [
        ("people", {"phone": "1381234123"}, ["phone"], {"phone": "****"}),
        ("people", {"name": "13812341234"}, [], {"name": "****"}),
        ("people", {"name": "上海某某有限公司", "kind": "legal"}, [], {"name": "上海****", "kind": "legal"}),
        ("people", {"city": "上海"}, ["city"], {"city": "****"}),
        ("people", {"gender": "wangwei"}, ["gender"], {"gender": "****"}),
        ("people", {"source_id": "13812341234"}, ["source_id"], {"source_id": "****"}),
        ("people", {"touchpoint": "王小明"}, [], {"touchpoint": "****"}),
        ("people", {"first_seen": "2024-13-01"}, ["first_seen"], {"first_seen": "2024-13-01"}),
        ("people", {"王小明": "1"}, [], {"(unknown)": "****"}),
        ("people", {"birth_year": [1949]}, ["birth_year"], {"birth_year": "****"}),
        ("people", {"licensed": True, "birth_year": 1949}, [], {"licensed": "True", "birth_year": "1949"}),
        ("vehicles", {"type": "sedan"}, ["type"], {"type": "sedan"}),
        ("vehicles", {"vin": "1M8GDM9AXKPO42788"}, ["vin"], {"vin": "1M8GDM9AXKPO42788"}),
        ("vehicles", {"plate": "沪A12345"}, [], {"plate": "沪A***45"}),
        ("vehicles", {"brand": "wang@example.com"}, [], {"brand": "****"}),
        ("purchases", {"price": "-1.00"}, ["price"], {"price": "-1.00"}),
        ("purchases", {"person_source_id": "沪A12345"}, ["person_source_id"], {"person_source_id": "****"}),
        ("dealers", {"name": "上海一店", "city": None}, [], {"name": "上海一店"}),
    ],
)
def test_values_are_masked_by_what_they_may_be(
    kind: str, raw: dict[str, Any], failed: list[str], shown: dict[str, str]
) -> None:
    """A value shows only where its column and form make it harmless."""
    assert masked(kind, raw, failed) == shown


def test_unreadable_lines_leave_no_text(tmp_path: Path) -> None:
    """A line that cannot be taken apart is rejected without any of its text."""
    file = _input(tmp_path / "in", content='source,source_id,name,phone\ncrm,1,"王小明"x,13812341234\ncrm,2,王小明\n')
    with open_file(file) as reader, Rejects(tmp_path / "rejects", [file]) as rejects:
        for line, row in reader:
            assert isinstance(row, RowError)
            rejects.add(file, line, row)
    written = (tmp_path / "rejects" / "people.csv.csv").read_text(encoding="utf-8")
    assert len(_read(tmp_path / "rejects" / "people.csv.csv")) == 2
    assert "王" not in written
    assert "1381234" not in written
