"""Input files: found by name, read row by row in any encoding and format, with the damage in its place."""

import csv
import gzip
import subprocess
import sys
import tracemalloc
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no type information
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renche.graph.errors import InvalidArgument
from renche.ingest.checks import Checks
from renche.ingest.errors import RefusedFile
from renche.ingest.files import find_files
from renche.ingest.read import CsvReader, RowError, open_file
from renche.ingest.rows import KINDS, Row, parse

HEADER = "source,source_id,name,city\n"


def _file(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _rows(path: Path, encoding: str | None = None) -> list[tuple[int, Any]]:
    [file] = find_files([path])
    with open_file(file, encoding) as reader:
        return list(reader)


def _errors(rows: Sequence[tuple[int, Any]]) -> list[tuple[int, str]]:
    return [(line, row.reason) for line, row in rows if isinstance(row, RowError)]


def _names(rows: Sequence[tuple[int, Any]]) -> list[tuple[int, str]]:
    return [(line, row["name"]) for line, row in rows if not isinstance(row, RowError)]


def _people(*names: str) -> str:
    return HEADER + "".join(f"crm,p-{number},{name},\n" for number, name in enumerate(names))


# --- finding -------------------------------------------------------------------------------------------------


def test_files_are_found_by_name_and_ordered_by_dependency(tmp_path: Path) -> None:
    """The kind is in the name, and things come before what refers to them."""
    for name in (
        "referral_steps.csv",
        "referrals-2024.ndjson.gz",
        "purchases_part1.parquet",
        "people-2.csv.gz",
        "People.CSV",
        "models.ndjson",
        "README.md",
        ".people.csv",
        "vehicles 3.csv",
    ):
        _file(tmp_path, name, "")
    found = [(file.path.name, file.kind, file.format.value, file.compressed) for file in find_files([tmp_path])]
    assert found == [
        ("models.ndjson", "models", "ndjson", False),
        ("People.CSV", "people", "csv", False),
        ("people-2.csv.gz", "people", "csv", True),
        ("vehicles 3.csv", "vehicles", "csv", False),
        ("purchases_part1.parquet", "purchases", "parquet", False),
        ("referrals-2024.ndjson.gz", "referrals", "ndjson", True),
        ("referral_steps.csv", "referral_steps", "csv", False),
    ]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    """A folder and a file in it do not load the file twice."""
    path = _file(tmp_path, "people.csv", HEADER)
    assert len(find_files([tmp_path, path, path])) == 1


@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        ("purchase.csv", "did you mean purchases"),
        ("zzz.csv", "begin it with one of models"),
        ("peoples.csv", "did you mean people"),
        ("people.xlsx", "rename it"),
        ("people.parquet.gz", "rename it"),
    ],
)
def test_wrong_names_are_refused(tmp_path: Path, name: str, fragment: str) -> None:
    """A name that tells no kind or format is refused, with what to do."""
    with pytest.raises(RefusedFile, match=fragment):
        find_files([_file(tmp_path, name, "")])


def test_missing_paths_and_empty_folders_are_refused(tmp_path: Path) -> None:
    """Nothing to load is an error, not a success."""
    with pytest.raises(RefusedFile, match="no such file"):
        find_files([tmp_path / "people.csv"])
    with pytest.raises(RefusedFile, match="in this folder"):
        find_files([tmp_path])


# --- CSV -----------------------------------------------------------------------------------------------------


def test_rows_carry_the_line_they_start_on(tmp_path: Path) -> None:
    """Quoted line breaks, blank lines and CRLF do not lose count of the lines."""
    content = HEADER + 'crm,1,"A, ""B""\nC",310000\r\n\r\n , ,,\n,,,\ncrm,2,D,\n'
    rows = _rows(_file(tmp_path, "people.csv", content))
    assert rows[0] == (2, {"source": "crm", "source_id": "1", "name": 'A, "B"\nC', "city": "310000"})
    assert [line for line, _ in rows] == [2, 5, 7]
    assert rows[-1] == (7, {"source": "crm", "source_id": "2", "name": "D"})


def test_empty_cells_are_absent_and_blank_ones_are_none(tmp_path: Path) -> None:
    """A cell of blanks means the same as an empty one."""
    rows = _rows(_file(tmp_path, "people.csv", HEADER + "crm,1,  ,\n"))
    row = parse("people", rows[0][1], Checks.build(date(2024, 1, 1)))
    assert isinstance(row, Row)
    assert row.model_dump(exclude_none=True) == {"source": "crm", "source_id": "1"}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_encodings_are_told_apart(tmp_path: Path, encoding: str, packed: bool) -> None:
    """UTF-8 with and without its mark and GB18030 read the same, packed or not."""
    content = _people("王小明", "欧阳娜娜", "Anna").encode(encoding)
    path = (
        _file(tmp_path, "people.csv.gz", gzip.compress(content)) if packed else _file(tmp_path, "people.csv", content)
    )
    assert _names(_rows(path)) == [(2, "王小明"), (3, "欧阳娜娜"), (4, "Anna")]


@given(st.lists(st.text("王李张刘陈联通移动㐀𠀀", min_size=1, max_size=4), min_size=5, max_size=30))
def test_gb18030_is_found_whatever_the_names(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    """Rare characters of four bytes, and words that happen to be UTF-8 too, do not mislead the guess."""
    names = [name for pair in zip(names, ["王小明"] * len(names), strict=True) for name in pair]
    path = _file(tmp_path_factory.mktemp("gb"), "people.csv", _people(*names).encode("gb18030"))
    assert [name for _, name in _names(_rows(path))] == names


def test_one_damaged_line_of_utf8_is_rejected_alone(tmp_path: Path) -> None:
    """A wrong byte in a UTF-8 file refuses its row and does not turn the file into GB18030."""
    content = _people("王小明", "X", "李四", "张三").encode().replace(b"X", b"\xff\xfe")
    rows = _rows(_file(tmp_path, "people.csv", content))
    assert _names(rows) == [(2, "王小明"), (4, "李四"), (5, "张三")]
    [(line, reason)] = _errors(rows)
    assert line == 3
    assert "Line 3 is not UTF-8" in reason


def test_encoding_can_be_forced(tmp_path: Path) -> None:
    """A file whose first Chinese characters come late is read as told."""
    names = ["Anna"] * 60_000 + ["王小明"]
    path = _file(tmp_path, "people.csv", _people(*names).encode("gb18030"))
    assert "gb18030" in _errors(_rows(path))[0][1]
    assert _names(_rows(path, "gb18030"))[-1] == (60_002, "王小明")


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    """Only encodings whose lines end in a plain line feed can be read line by line."""
    with pytest.raises(InvalidArgument, match="utf-8 or gb18030"):
        _rows(_file(tmp_path, "people.csv", HEADER), "utf-16")


def test_wrong_number_of_fields_is_rejected_with_its_line(tmp_path: Path) -> None:
    """Too few and too many fields refuse the row, and the next one is read."""
    rows = _rows(_file(tmp_path, "people.csv", HEADER + "crm,1,A\ncrm,2,B,,\ncrm,3,C,\n"))
    assert _errors(rows) == [
        (2, "The row has 3 fields and the header 4; quote fields that hold commas."),
        (3, "The row has 5 fields and the header 4; quote fields that hold commas."),
    ]
    assert _names(rows) == [(4, "C")]


@pytest.mark.parametrize("bad", ['crm,1,"A,', 'crm,1,"A"B,', 'crm,1,"A'])
def test_an_open_quote_loses_its_own_row_only(tmp_path: Path, bad: str) -> None:
    """A quote that is not closed does not swallow the rows behind it."""
    good = "".join(f'crm,{number},"N{number}",\n' for number in range(2, 500))
    rows = _rows(_file(tmp_path, "people.csv", f"{HEADER}{bad}\n{good}"))
    assert [line for line, _ in _errors(rows)] == [2]
    assert "double quote in line 2" in _errors(rows)[0][1]
    assert len(_names(rows)) == 498
    assert _names(rows)[-1] == (500, "N499")


def test_a_row_over_lines_with_wrong_fields_hides_no_row(tmp_path: Path) -> None:
    """Where a quoted line break leads to a wrong number of fields, each line is judged on its own."""
    rows = _rows(_file(tmp_path, "people.csv", HEADER + 'crm,1,"A\ncrm,2,B"\ncrm,3,C,\n'))
    assert [line for line, _ in _errors(rows)] == [2, 3]
    assert _names(rows) == [(4, "C")]


def test_unreadable_lines_never_show_their_text(tmp_path: Path) -> None:
    """The reason of a row that cannot be read repeats nothing of it."""
    bad = 'crm,1,王小明,138\n"crm"13812341234,1,x,y\ncrm,2,\x0013812341234,\n'
    rows = _rows(_file(tmp_path, "people.csv", HEADER + bad.replace(",138\n", "\n")))
    assert len(_errors(rows)) == 3
    assert all("1381234" not in reason and "王" not in reason for _, reason in _errors(rows))


def test_nul_bytes_and_endless_lines_are_rejected(tmp_path: Path) -> None:
    """A NUL byte or a line without end refuses its row, in bounded memory."""
    content = HEADER.encode() + b"crm,1,A\0,\ncrm,2," + b"x" * 3_000_000 + b",\ncrm,3,C,\n"
    rows = _rows(_file(tmp_path, "people.csv", content))
    assert [(line, "NUL" in reason, "1 MiB" in reason) for line, reason in _errors(rows)] == [
        (2, True, False),
        (3, False, True),
    ]
    assert _names(rows) == [(4, "C")]


def test_last_line_needs_no_end(tmp_path: Path) -> None:
    """A file may end without a line end."""
    assert _names(_rows(_file(tmp_path, "people.csv", HEADER + "crm,1,A,"))) == [(2, "A")]


def test_header_only_is_no_rows(tmp_path: Path) -> None:
    """A file with a header alone is right and has no rows."""
    assert _rows(_file(tmp_path, "people.csv", HEADER)) == []


@pytest.mark.parametrize(
    ("name", "content", "fragment"),
    [
        ("people.csv", b"", "is empty"),
        ("people.csv", b"\n", "names no columns"),
        ("people.csv", b'"source\n', "names no columns"),
        ("people.csv", b"source;source_id\n1;2\n", "separated by semicolons"),
        ("people.csv", b"source\tsource_id\n", "separated by tabs"),
        ("people.csv", b"source,source_id,source_id\n", "there twice"),
        ("people.csv", b"source,source_id,fone\n", "did you mean phone"),
        ("people.csv", b"source,name\n", "source_id is missing"),
        ("people.csv", b"crm,1,Anna\n", "has no header"),
        ("people.csv", b"source,source_id\r1,2\r", "CR alone"),
        ("people.csv", "source,source_id\n".encode("utf-16"), "UTF-16"),
        ("people.csv", b"PK\x03\x04rest", "workbook"),
        ("people.csv", gzip.compress(b"source,source_id\n"), "end in .gz"),
        ("people.csv", b"source,source_id\0\n", "NUL"),
        ("people.csv.gz", b"source,source_id\n", "no whole .gz"),
        ("people.csv.gz", gzip.compress(b"source,source_id\n")[:12], "no whole .gz"),
        ("people.ndjson", b'[{"source": "crm"}]', "one JSON array"),
        ("people.ndjson", b'{"source": "crm", "source_id": "1", "fone": "2"}', "did you mean phone"),
        ("people.ndjson", b'{"source": "crm", "name": "2"}', "source_id is missing"),
        ("people.parquet", b"source,source_id\n", "no whole Parquet"),
        ("people.csv", b"PAR1rest", "end in .parquet"),
    ],
    ids=count(),  # they hold what is made by chance
)
def test_wrong_files_are_refused_as_a_whole(tmp_path: Path, name: str, content: bytes, fragment: str) -> None:
    """A file that is not what its name says, or has other columns, is refused before its rows."""
    path = _file(tmp_path, name, content)
    with pytest.raises(RefusedFile, match=fragment) as refused:
        _rows(path)
    assert refused.value.path == path


def test_vanished_file_is_refused(tmp_path: Path) -> None:
    """A file that cannot be opened any more is refused by its path."""
    path = _file(tmp_path, "people.csv", HEADER)
    [file] = find_files([path])
    path.unlink()
    with pytest.raises(RefusedFile, match="cannot be opened"):
        open_file(file)


def test_truncated_gzip_keeps_what_came_before(tmp_path: Path) -> None:
    """Of a .gz file that ends too early the whole rows are read, and the damage is one rejected row."""
    names = [f"N{number * 7919 % 10007}" for number in range(20_000)]
    packed = gzip.compress(_people(*names).encode())
    rows = _rows(_file(tmp_path, "people.csv.gz", packed[: len(packed) // 2]))
    good = _names(rows)
    assert good == [(number + 2, name) for number, name in enumerate(names[: len(good)])]
    assert len(good) > 1000
    [(line, reason)] = _errors(rows)
    assert line == len(good) + 2
    assert "ends too early" in reason


def test_damaged_gzip_is_one_rejected_row(tmp_path: Path) -> None:
    """A .gz file with wrong bytes inside says so where they begin."""
    packed = bytearray(gzip.compress(_people(*[f"N{n * 7919 % 10007}" for n in range(50_000)]).encode()))
    middle = len(packed) * 3 // 4
    packed[middle : middle + 200] = b"\xff" * 200
    rows = _rows(_file(tmp_path, "people.csv.gz", bytes(packed)))
    assert "damaged" in _errors(rows)[-1][1]


@pytest.mark.parametrize("name", ["people.csv", "people.csv.gz"])
def test_progress_is_in_bytes_on_disk(tmp_path: Path, name: str) -> None:
    """Bytes read grow up to the size of the file as it lies on disk."""
    content = _people(*[f"N{n * 7919 % 10007}" for n in range(300_000)]).encode()
    path = _file(tmp_path, name, gzip.compress(content, 1) if name.endswith(".gz") else content)
    [file] = find_files([path])
    seen = []
    with open_file(file) as reader:
        for number, _ in enumerate(reader):
            if number % 50_000 == 0:
                seen.append(reader.bytes_read)
        assert reader.bytes_read == file.size
    assert seen == sorted(seen)
    assert seen[0] < file.size


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """A long file takes no more memory than its first MiB."""
    [file] = find_files([_file(tmp_path, "people.csv", _people(*["王小明" * 10] * 100_000))])
    tracemalloc.start()
    try:
        with open_file(file) as reader:
            count = sum(1 for _ in reader)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 100_000
    assert file.size > 10_000_000
    assert peak < 8_000_000


@given(st.lists(st.lists(st.text('a,"\n王 ', max_size=6), min_size=4, max_size=4), max_size=20))
def test_what_csv_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]]) -> None:
    """Whatever cells a CSV writer quotes, the reader gives back, in order and with none lost."""
    path = tmp_path_factory.mktemp("csv") / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        csv.writer(file).writerows(cells)
    columns = HEADER.strip().split(",")
    expected = [{c: value for c, value in zip(columns, row, strict=True) if value} for row in cells if any(row)]
    assert [row for _, row in _rows(path)] == expected


def test_encoding_is_told(tmp_path: Path) -> None:
    """The reader says which encoding it took."""
    [file] = find_files([_file(tmp_path, "people.csv", _people("王小明").encode("gb18030"))])
    with open_file(file) as reader:
        assert isinstance(reader, CsvReader)
        assert reader.encoding == "gb18030"


# --- NDJSON --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_ndjson_rows_and_errors(tmp_path: Path, packed: bool) -> None:
    """Objects are rows, blank lines are none, and whatever else is rejected with its line."""
    content = (
        '\ufeff{"source": "crm", "source_id": 1, "name": "王小明"}\r\n\n'
        "{bad\n[1]\n" + '"text"\n{"source": "crm", "source_id": "2", "name": null, "licensed": true}'
    ).encode()
    path = _file(
        tmp_path, "people.ndjson.gz" if packed else "people.ndjson", gzip.compress(content) if packed else content
    )
    rows = _rows(path)
    assert rows[0] == (1, {"source": "crm", "source_id": 1, "name": "王小明"})
    assert [(line, reason.split(";")[0]) for line, reason in _errors(rows)] == [
        (3, "The line is not valid JSON"),
        (4, "The line is no JSON object"),
        (5, "The line is no JSON object"),
    ]
    assert rows[-1] == (6, {"source": "crm", "source_id": "2", "name": None, "licensed": True})


def test_ndjson_in_gb18030(tmp_path: Path) -> None:
    """NDJSON may be GB18030 too."""
    content = '{"source": "crm", "source_id": "1", "name": "王小明"}\n'.encode("gb18030")
    assert _names(_rows(_file(tmp_path, "people.ndjson", content))) == [(1, "王小明")]


def test_ndjson_columns_are_judged_over_the_first_rows(tmp_path: Path) -> None:
    """One odd object among good ones is a bad row, not a bad file."""
    content = (
        '{"source": "crm"}\n{"source": "crm", "source_id": "2", "fone": "1"}\n{"source": "crm", "source_id": "3"}\n'
    )
    rows = _rows(_file(tmp_path, "people.ndjson", content))
    checks = Checks.build(date(2024, 1, 1))
    assert [isinstance(parse("people", row, checks), Row) for _, row in rows] == [False, False, True]


def test_long_and_truncated_ndjson(tmp_path: Path) -> None:
    """Rows behind the first hundred are read as well, up to where a .gz file breaks off."""
    lines = [f'{{"source": "crm", "source_id": "{n * 7919 % 10007}"}}\n' for n in range(20_000)]
    packed = gzip.compress("".join(lines).encode())
    rows = _rows(_file(tmp_path, "people.ndjson.gz", packed[: len(packed) // 2]))
    assert [line for line, _ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) > 1_000
    assert len(_errors(rows)) == 1


def test_lines_of_another_encoding_in_ndjson(tmp_path: Path) -> None:
    """A line that is not in the file's encoding is rejected alone."""
    content = '{"source": "a", "source_id": "1", "name": "王小明"}\n'.encode()
    rows = _rows(_file(tmp_path, "people.ndjson", content + content.decode().encode("gb18030") + content))
    assert [line for line, _ in _errors(rows)] == [2]
    assert _names(rows) == [(1, "王小明"), (3, "王小明")]


def test_western_names_stay_utf8_despite_a_damaged_line(tmp_path: Path) -> None:
    """Accents are two bytes in UTF-8, which alone must not look like GB18030."""
    content = _people("André", "X", "Zoë", "Jürgen", "Chloé", "Noël").encode().replace(b"X", b"\xce\xd2")
    rows = _rows(_file(tmp_path, "people.csv", content))
    assert [name for _, name in _names(rows)] == ["André", "Zoë", "Jürgen", "Chloé", "Noël"]


def test_empty_ndjson_has_no_rows(tmp_path: Path) -> None:
    """An NDJSON file without lines is right and has no rows."""
    assert _rows(_file(tmp_path, "people.ndjson", b"")) == []


# --- Parquet -------------------------------------------------------------------------------------------------


def test_parquet_types_are_read(tmp_path: Path) -> None:
    """Numbers, dates, decimals and missing values of Parquet make the same rows as text."""
    path = tmp_path / "purchases.parquet"
    table = pa.table(
        {
            "source": pa.array(["dms", "dms"]).dictionary_encode(),
            "source_id": pa.array([1, 2], pa.int64()),
            "person_source_id": ["p-1", "p-2"],
            "vehicle_source_id": pa.array([7.0, None], pa.float64()),
            "price": pa.array([Decimal("128800.00"), None], pa.decimal128(18, 4)),
            "valid_from": pa.array([date(2020, 2, 1), None], pa.date32()),
            "valid_to": pa.array([None, None], pa.timestamp("us")),
        }
    )
    pq.write_table(table, path)
    rows = _rows(path)
    assert [line for line, _ in rows] == [1, 2]
    checks = Checks.build(date(2024, 1, 1))
    row = parse("purchases", rows[0][1], checks)
    assert isinstance(row, Row)
    assert row.model_dump(exclude_none=True) == {
        "source": "dms",
        "source_id": "1",
        "person_source_id": "p-1",
        "vehicle_source_id": "7",
        "currency": "CNY",
        "price": 12880000,
        "valid_from": date(2020, 2, 1),
    }
    problems = parse("purchases", rows[1][1], checks)
    assert isinstance(problems, list)
    assert problems[0].field == "vehicle_source_id"


def test_parquet_columns_are_checked(tmp_path: Path) -> None:
    """A Parquet file with an unknown column is refused like any other."""
    pq.write_table(pa.table({"source": ["a"], "source_id": ["1"], "fone": ["2"]}), tmp_path / "people.parquet")
    with pytest.raises(RefusedFile, match="did you mean phone"):
        _rows(tmp_path / "people.parquet")


def test_damaged_parquet_keeps_what_came_before(tmp_path: Path) -> None:
    """A Parquet file with wrong bytes in the middle gives the rows before them and one rejected row."""
    path = tmp_path / "people.parquet"
    ids = [f"{n * 7919 % 100003}" for n in range(20_000)]
    table = pa.table({"source": ["crm"] * len(ids), "source_id": ids})
    pq.write_table(table, path, row_group_size=5_000, compression="zstd", use_dictionary=False)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = b"\xff" * 3000
    path.write_bytes(content)
    rows = _rows(path)
    assert len(rows) > 2_000
    assert "damaged" in _errors(rows)[-1][1]
    assert rows[0] == (1, {"source": "crm", "source_id": "0"})


def test_parquet_without_its_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pyarrow is not installed, the message names the extra."""
    pq.write_table(pa.table({"source": ["a"], "source_id": ["1"]}), tmp_path / "people.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # how Python marks a module that cannot be imported
    with pytest.raises(RefusedFile, match=r"pip install 'renche\[parquet\]'"):
        _rows(tmp_path / "people.parquet")


def test_pyarrow_is_left_alone_until_a_parquet_file_comes() -> None:
    """Reading text must not cost the memory of pyarrow."""
    code = "import sys, renche.ingest.rejects; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_read_by_its_name(tmp_path: Path, kind: str) -> None:
    """Every kind of file has its name and its columns."""
    path = _file(tmp_path, f"{kind}.csv", ",".join(KINDS[kind].model_fields) + "\n")
    assert _rows(path) == []
