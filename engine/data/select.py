"""The SQL guard."""


def one_select(sql: str) -> str:
    return sql
