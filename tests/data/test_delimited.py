from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfx.data.delimited import read_delimited
from lfx.runtime.errors import DataError

COLUMNS = ["id", "text", "image", "label"]
LAST = ["id", "image", "label", "text"]


def plainly(rows, separator="\t", columns=COLUMNS):
    """Write rows as tools do that quote nothing."""
    lines = [columns, *([row[name] for name in columns] for row in rows)]
    return "".join(separator.join(line) + "\n" for line in lines)


def quoted(rows, quoting=csv.QUOTE_MINIMAL, separator=",", end="\n"):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writerow(COLUMNS)
    writer.writerows([row[name] for name in COLUMNS] for row in rows)
    return out.getvalue()


def rows_of(texts):
    return [
        {"id": f"{n}", "text": text, "image": f"{n}.png", "label": "good"}
        for n, text in enumerate(texts)
    ]


def texts_of(rows):
    return [cells[rows.header.index("text")] for cells in rows.cells]


PLAIN = ["a good day", "see you", "no sign of it", "one more", "the last"]


@pytest.mark.parametrize("columns", [COLUMNS, LAST, ["text", "id", "image", "label"]])
@pytest.mark.parametrize("separator", ["\t", ","])
@pytest.mark.parametrize(
    "texts",
    [
        ['"@user this opens', *PLAIN],
        [*PLAIN, '"at the end'],
        [PLAIN[0], '"opens', PLAIN[1], '"opens again', *PLAIN[2:]],
        # The second mark closes what the first one opened, right at the end of a cell.
        [PLAIN[0], '"opens here', PLAIN[1], 'and closes here"', *PLAIN[2:]],
        [PLAIN[0], '"opens here', PLAIN[1], PLAIN[2], '"', *PLAIN[3:]],
        ['"All" of them', 'he said "yes"', 'a ""double"" one', '"whole"', *PLAIN],
        ['"', *PLAIN],
    ],
)
def test_a_quotation_mark_is_text_where_nothing_is_quoted(texts, separator, columns):
    rows = read_delimited(plainly(rows_of(texts), separator, columns), separator)
    assert texts_of(rows) == texts
    assert rows.unreadable == []
    assert rows.lines == list(range(2, len(texts) + 2))


def test_where_it_opens_nothing_nothing_is_said_and_else_there_is_a_note():
    inner = read_delimited(plainly(rows_of(["no sign", *PLAIN])), "\t")
    assert (inner.notes, inner.warnings) == ([], [])
    open_ = read_delimited(plainly(rows_of([*PLAIN, '"open'])), "\t")
    (note,) = open_.notes
    assert "(line 7)" in note
    assert "data.source.quoting" in note


RICH = [
    'he said "hi"',
    "two\nlines, and more",
    "crlf\r\nwithin",
    "a, b; c\td|e",
    '"',
    '""',
    "x",
    ",",
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_what_is_quoted_by_rfc_4180_is_read_as_it_says(quoting, separator, end):
    texts = [*RICH, *PLAIN]
    if end == "\r":
        texts = [text for text in texts if "\n" not in text]
    rows = read_delimited(quoted(rows_of(texts), quoting, separator, end), separator)
    assert texts_of(rows) == texts
    assert (rows.unreadable, rows.warnings) == ([], [])


LETTERS = st.text(st.sampled_from("ab \",;\t\n\r'é"), min_size=1, max_size=12)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(LETTERS, min_size=1, max_size=8),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from([",", "\t", ";"]),
)
def test_what_a_writer_quotes_throughout_comes_back(texts, quoting, separator):
    rows = read_delimited(quoted(rows_of(texts), quoting, separator), separator)
    assert texts_of(rows) == texts
    assert rows.unreadable == []


@settings(deadline=None, max_examples=300)
@given(st.lists(LETTERS, min_size=1, max_size=8), st.sampled_from([",", "\t", ";"]))
def test_no_row_is_lost_in_silence(texts, separator):
    """Whether quoted or not: each text is there, or its line is named, or there is a warning."""
    minimal = read_delimited(quoted(rows_of(texts), separator=separator), separator)
    assert texts_of(minimal) == texts or minimal.unreadable or minimal.warnings
    bare = [text.translate(str.maketrans("\n\r" + separator, "   ")) for text in texts]
    plain = read_delimited(plainly(rows_of(bare), separator), separator)
    # Two marks that open cells of two lines are a quotation over both by RFC 4180.
    are_spans = any("look like several rows" in warning for warning in plain.warnings)
    assert len(plain.cells) + len(plain.unreadable) == len(bare) or are_spans


def test_two_marks_that_may_be_a_quotation_over_two_lines_are_told():
    rows = read_delimited(plainly(rows_of(['";"', '"', '"', '";"']), ","), ",")
    assert len(rows.cells) == 3
    (warning,) = rows.warnings
    assert warning.startswith("quotations that look like several rows are read as one text: lines")


def test_quoting_none_takes_every_mark_as_text():
    texts = ['"whole"', '"open', 'a "b" c', '""']
    rows = read_delimited(plainly(rows_of(texts)), "\t", quoting="none")
    assert texts_of(rows) == texts


def test_quoting_quoted_names_the_line_of_what_does_not_close_and_reads_on():
    texts = ["a, b", '"open', "c, d", "x"]
    text = quoted(rows_of(texts)).replace('"""open"', '"open')
    for quoting in ("quoted", "auto"):
        rows = read_delimited(text, ",", quoting=quoting)
        assert texts_of(rows) == ["a, b", "c, d", "x"]
        assert rows.unreadable == [(3, "a quotation opens and does not close within its row")]


def test_a_table_that_is_quoted_keeps_a_text_that_looks_like_rows():
    """Two lines of an address list in a last column: each has as many commas as a row."""
    long = "Dear all,\nyes, no, maybe, fine"
    header = "id,image,label,text\n"
    many = "".join(f'{n},{n}.png,good,"one, two"\n' for n in range(20))
    rows = read_delimited(f'{header}{many}20,20.png,good,"{long}, x"\n', ",")
    assert texts_of(rows)[-1] == f"{long}, x"
    odd = f'{header}{many}20,a,good,"Dear\nb,c,d,e"\n'
    rows = read_delimited(odd, ",")
    assert texts_of(rows)[-1] == "Dear\nb,c,d,e"
    assert "lines 22 to 23" in rows.warnings[0]
    few = read_delimited(f'{header}1,a,good,"x, y"\n20,a,good,"Dear\nb,c,d,e"\n', ",")
    assert few.unreadable[0][0] == 3
    assert texts_of(read_delimited(few_text(), ",", quoting="quoted")) == ["x, y", "Dear\nb,c,d,e"]


def few_text():
    return 'id,image,label,text\n1,a,good,"x, y"\n20,a,good,"Dear\nb,c,d,e"\n'


def test_marks_without_need_are_kept_in_a_tsv_and_taken_off_in_a_csv_with_a_warning():
    texts = [*PLAIN, '"so true"', *PLAIN]
    tsv = read_delimited(plainly(rows_of(texts)), "\t")
    assert texts_of(tsv) == texts
    assert "kept as text" in tsv.warnings[0]
    comma = read_delimited(plainly(rows_of(texts), ","), ",")
    assert texts_of(comma)[5] == "so true"
    assert "first in line 7" in comma.warnings[0]


def test_a_row_of_too_few_or_too_many_cells_costs_itself_alone():
    text = "id\ttext\timage\tlabel\n1\ta\tb\tc\n2\ta\tb\n3\ta\tb\tc\td\n\n4\ta\tb\tc"
    rows = read_delimited(text, "\t")
    assert [cells[0] for cells in rows.cells] == ["1", "4"]
    assert rows.lines == [2, 6]
    assert rows.unreadable == [
        (3, "the row has 3 cells, the header 4"),
        (4, "the row has 5 cells, the header 4"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_breaks_of_every_system(end, last):
    text = end.join(["id\ttext", "1\ta", "2\tb"]) + (end if last else "")
    assert read_delimited(text, "\t").cells == [["1", "a"], ["2", "b"]]


def test_a_lone_carriage_return_and_a_null_character_are_text():
    rows = read_delimited("id\ttext\n1\ta\rb\n2\tc\0d\n", "\t")
    assert rows.cells == [["1", "a\rb"], ["2", "c\0d"]]
    in_csv = read_delimited('id,text\n1,"a, \rb"\n2,c\rd\n', ",")
    assert in_csv.cells == [["1", "a, \rb"], ["2", "c\rd"]]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_from_the_header(separator):
    text = plainly(rows_of(["well, yes; no"] if separator not in ",;" else ["yes"]), separator)
    for usual in (",", "\t"):
        rows = read_delimited(text, usual, COLUMNS)
        assert len(rows.cells) == 1
        assert bool(rows.notes) == (separator != usual)


def test_the_separator_is_not_guessed_where_no_other_fits():
    assert read_delimited("a;b\n1;2\n", ",", ["id"]).header == ["a;b"]
    # Both fit: the one that the ending promises.
    assert read_delimited("id\n1,2\n", ",", ["id"]).unreadable == [
        (2, "the row has 2 cells, the header 1")
    ]
    assert read_delimited("id;x,y\n1;2\n", ",", ["id"], separator=";").cells == [["1", "2"]]


def test_a_header_may_be_quoted_and_hold_the_separator():
    rows = read_delimited('"id","text, raw","two\nlines"\n1,a,b\n', ",")
    assert rows.header == ["id", "text, raw", "two\nlines"]
    assert rows.cells == [["1", "a", "b"]]
    assert rows.lines == [3]


def test_a_header_alone_has_no_rows_and_nothing_is_an_error():
    assert read_delimited("id,text\n", ",").cells == []
    for text in ("", "\n\n", "  \r\n"):
        with pytest.raises(DataError, match="the file is empty"):
            read_delimited(text, ",")


@pytest.mark.parametrize(
    ("first", "last"), [("a, b", "c"), ("a", "c"), ("a", "c, d"), ("a, b", "c, d")]
)
@pytest.mark.parametrize("between", [0, 1, 3])
def test_a_quotation_swallows_no_rows_whose_texts_have_separators(first, last, between):
    inner = [f"{n},plain,{n}.png,good" for n in range(2, 2 + between)]
    lines = ["id,text,image,label", f'1,"{first},1.png,good', *inner, f'9,{last}",9.png,good']
    rows = read_delimited("\n".join([*lines, "10,the last,10.png,good\n"]), ",")
    accounted = {*rows.lines, *(line for line, _ in rows.unreadable)}
    assert accounted == set(range(2, len(lines) + 2))
    assert [cells[1] for cells in rows.cells][-1] == "the last"


def test_one_swallowing_mark_is_named_among_many_quoted_rows():
    text = (
        quoted(rows_of(["a, b"] * 30)) + '40,"oh,a.png,good\n41,c,a.png,good\n42,no",a.png,good\n'
    )
    rows = read_delimited(text, ",")
    assert texts_of(rows)[30:] == ["c", 'no"']
    assert [line for line, _ in rows.unreadable] == [32]


def test_texts_of_several_lines_with_as_many_commas_as_a_row_are_whole():
    texts = [
        f"I liked it, and, well\n\nOverall, good, I, think\nBye, all, of you {n}" for n in "abc"
    ]
    rows = read_delimited(quoted(rows_of(texts)), ",")
    assert texts_of(rows) == texts
    assert (rows.unreadable, rows.warnings) == ([], [])


def test_a_backslash_before_a_mark_is_told_since_it_is_text():
    kept = read_delimited('id,text\n1,"say \\"hi\\" you"\n2,plain\n', ",")
    assert kept.cells[0][1] == '"say \\"hi\\" you"'
    assert "backslashes" in kept.warnings[0]
    assert "(first in line 2)" in kept.warnings[0]
    broken = read_delimited('"id","text"\n"1","say \\"hi\\", you"\n"2","plain"\n', ",")
    ((line, reason),) = broken.unreadable
    assert line == 2
    assert "backslash" in reason


def test_the_line_in_which_excel_names_the_separator_is_no_header():
    rows = read_delimited("sep=;\r\nid;text\r\n1;a, b\r\n", ",")
    assert (rows.header, rows.cells, rows.lines) == (["id", "text"], [["1", "a, b"]], [3])


@pytest.mark.parametrize(
    "line", ["SEP=;", "sep= ;", "Sep = ; ", '"SEP=;"', '"sep=;";;', "sep=;;;", " sep=;"]
)
def test_excels_line_may_be_in_capitals_and_hold_blanks(line):
    rows = read_delimited(f"{line}\nid;text\n1;a, b\n", ",", ("id", "text"))
    assert (rows.header, rows.cells) == (["id", "text"], [["1", "a, b"]])


@pytest.mark.parametrize(("line", "separator"), [("sep=\t", "\t"), ("sep= ", " "), ("sep=,", ",")])
def test_excels_line_may_name_a_blank(line, separator):
    rows = read_delimited(f"{line}\nid{separator}text\n1{separator}a;b\n", ";", ("id", "text"))
    assert rows.cells == [["1", "a;b"]]


def test_a_header_that_only_begins_like_excels_line_is_a_header():
    rows = read_delimited("sep=a,text\n1,x\n", ",")
    assert rows.header == ["sep=a", "text"]


def test_blank_lines_are_no_rows_of_a_single_column():
    assert read_delimited("id\n1\n\n2\n", ",").cells == [["1"], ["2"]]
    assert read_delimited('id\n"1"\n\n""\n', ",").cells == [["1"], [""]]


def test_one_quoted_name_in_the_header_excuses_no_swallowed_rows():
    """A name with the separator in it is quoted by all tools; the rows need not be."""
    text = '"id",text\n1,"opens\n2,plain\n3,closes"\n4,end\n'
    rows = read_delimited(text, ",")
    assert {*rows.lines, *(line for line, _ in rows.unreadable)} == {2, 3, 4, 5}
