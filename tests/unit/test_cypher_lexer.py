"""The lexer: what is plain becomes tokens, what an engine might read otherwise is refused with its place."""

import pytest

from renche.graph.cypher_lexer import Kind, tokens
from renche.graph.errors import StatementRefused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RETURN 'CREATE // x'", [(Kind.WORD, "RETURN"), (Kind.STRING, "CREATE // x")]),
        ("/* DELETE */ RETURN 1 // SET", [(Kind.WORD, "RETURN"), (Kind.NUMBER, "1")]),
        ("`a``b` $p $`q r`", [(Kind.NAME, "a`b"), (Kind.PARAMETER, "p"), (Kind.PARAMETER, "q r")]),
        (r'"it\'s \"\n"', [(Kind.STRING, "it's \"\n")]),
        (
            "[1..3]",
            [(Kind.SYMBOL, "["), (Kind.NUMBER, "1"), (Kind.SYMBOL, ".."), (Kind.NUMBER, "3"), (Kind.SYMBOL, "]")],
        ),
        ("1.5e3 .5 0xFF", [(Kind.NUMBER, "1.5e3"), (Kind.NUMBER, ".5"), (Kind.NUMBER, "0xFF")]),
        ("城市.名", [(Kind.WORD, "城市"), (Kind.SYMBOL, "."), (Kind.WORD, "名")]),
    ],
)
def test_plain_text_becomes_tokens(text: str, expected: list[tuple[Kind, str]]) -> None:
    """Strings, comments and backticks hide what is in them."""
    assert [(token.kind, token.value) for token in tokens(text)] == expected


def test_a_token_knows_its_place() -> None:
    """Lines end at a line feed, a carriage return or both."""
    assert [(t.line, t.column) for t in tokens("a b\nc\r\n d\re")] == [(1, 1), (1, 3), (2, 1), (3, 2), (4, 1)]


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        ("RETURN 'open", "unterminated", 1, 8),
        ("RETURN 1\n/* open", "unterminated", 2, 1),
        ("RETURN `open", "unterminated", 1, 8),
        ("RETURN '\\u0027'", "escape", 1, 9),
        ("// \\u000aCREATE", "escape", 1, 4),
        ("CALL\\u0020db.labels()", "escape", 1, 5),
        ("RETURN '\\q'", "escape", 1, 9),
        ("RETURN\u00a01", "character", 1, 7),
        ("RETURN 1\u2028CREATE ()", "character", 1, 9),
        ("RETURN 1\0", "character", 1, 9),
        ("\ufeffRETURN 1", "character", 1, 1),
        ("CRE\u200bATE ()", "character", 1, 4),
        ("СREATE ()", "character", 1, 1),
        ("ＣREATE ()", "character", 1, 1),
        ("MATCH (a)–[]-(b)", "character", 1, 10),
        ("RETURN 1CREATE", "number", 1, 9),
        ("RETURN # 1", "character", 1, 8),
    ],
)
def test_what_is_not_plain_is_refused(text: str, rule: str, line: int, column: int) -> None:
    """The refusal names the rule, the line and the column."""
    with pytest.raises(StatementRefused) as refused:
        tokens(text)
    assert (refused.value.rule, refused.value.line, refused.value.column) == (rule, line, column)
