"""The one SQLite file. Every statement commits by itself, so there is no half-written state to repair."""

import sqlite3
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS channels (
    id TEXT PRIMARY KEY, name TEXT, topic TEXT, im_user TEXT, archived INTEGER, created INTEGER, kind TEXT);
CREATE TABLE IF NOT EXISTS members (channel TEXT, person TEXT, PRIMARY KEY (channel, person));
CREATE TABLE IF NOT EXISTS messages (
    channel TEXT, ts TEXT, thread_ts TEXT, audience TEXT, body TEXT, PRIMARY KEY (channel, ts));
CREATE INDEX IF NOT EXISTS messages_by_thread ON messages (channel, thread_ts);
CREATE TABLE IF NOT EXISTS reactions (
    channel TEXT, ts TEXT, name TEXT, person TEXT, PRIMARY KEY (channel, ts, name, person));
CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, ticket TEXT, name TEXT, title TEXT, alt_txt TEXT, owner TEXT, size INTEGER,
    created REAL, received INTEGER, completed REAL, ready_at REAL, share TEXT, shares TEXT);
CREATE TABLE IF NOT EXISTS shares (file TEXT, channel TEXT, ts TEXT, thread_ts TEXT);
CREATE TABLE IF NOT EXISTS views (
    id TEXT PRIMARY KEY, person TEXT, kind TEXT, body TEXT, hash TEXT, external_id TEXT,
    root TEXT, previous TEXT, given TEXT, is_open INTEGER);
CREATE TABLE IF NOT EXISTS stacks (person TEXT PRIMARY KEY, views TEXT);
CREATE TABLE IF NOT EXISTS triggers (id TEXT PRIMARY KEY, person TEXT, view TEXT, made REAL, used INTEGER);
CREATE TABLE IF NOT EXISTS response_urls (
    id TEXT PRIMARY KEY, person TEXT, channel TEXT, original TEXT, made REAL, uses INTEGER);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, team TEXT, redirect TEXT, scope TEXT, made REAL, used INTEGER);
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, team TEXT, revoked INTEGER);
CREATE TABLE IF NOT EXISTS feed (n INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT, channel TEXT, data TEXT);
CREATE TABLE IF NOT EXISTS calls (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at REAL, method TEXT, args TEXT, ok INTEGER, error TEXT);
CREATE TABLE IF NOT EXISTS deliveries (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at REAL, kind TEXT, detail TEXT, status INTEGER, error TEXT);
"""


class Database:
    """SQLite in autocommit and WAL mode: what a statement wrote survives SIGKILL."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.executescript(SCHEMA)
        if "kind" not in {row["name"] for row in self.all("PRAGMA table_info(channels)")}:
            # A workspace of an earlier release: it had public channels, and conversations of the app with one person.
            self.run("ALTER TABLE channels ADD COLUMN kind TEXT")
            self.run("UPDATE channels SET kind = CASE WHEN im_user IS NULL THEN 'public_channel' ELSE 'im' END")

    def run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        return self.connection.execute(sql, values)

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self.run(sql, *values).fetchall()

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.run(sql, *values).fetchone()
        return row

    def close(self) -> None:
        self.connection.close()
