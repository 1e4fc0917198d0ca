"""Answers on disk: SQLite with a write-ahead log, flushed at every commit.

An answer that was acknowledged survives the end of the process at any moment, and a screen is there as a whole or not
at all. An answer given twice is kept once. One that differs from what is there is refused: listeners cannot go back (a
first impression is asked for, ITU-T P.800), so that whoever sends another value is a second window or a forger, and
rows are only ever added.
"""

import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from tritone.errors import UserError
from tritone.judge.listen.checks import Refused
from tritone.judge.listen.test import Answer

MOST_LISTENERS = 100_000
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS about (test TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS listeners (
        id TEXT PRIMARY KEY, visit TEXT NOT NULL UNIQUE, number INTEGER NOT NULL UNIQUE, arrived TEXT NOT NULL,
        browser TEXT NOT NULL, headphones TEXT NOT NULL, expert INTEGER NOT NULL, finished TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS answers (
        listener TEXT NOT NULL REFERENCES listeners (id), trial TEXT NOT NULL, question TEXT NOT NULL,
        stimulus TEXT NOT NULL, value REAL NOT NULL, heard_ms INTEGER NOT NULL, at TEXT NOT NULL,
        UNIQUE (listener, trial, question, stimulus))""",
)


@dataclass(frozen=True)
class Listener:
    """Who listened, as far as we ask."""

    id: str
    """Random; only this browser and the database know it."""
    visit: str
    """Random name that the browser chose before it asked for `id`, so that asking twice makes one listener."""
    number: int
    """Order of arrival, from 0."""
    arrived: str
    """UTC, ISO 8601."""
    browser: str
    """What the browser calls itself."""
    headphones: str
    """Outcome of the headphones check, one of `HEADPHONES`."""
    expert: bool
    """Works with sound, by their own account."""
    finished: str
    """When the last answer came; empty until then."""


@dataclass(frozen=True)
class Counts:
    """How far a test has come."""

    listeners: int
    finished: int
    answers: int


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Store:
    """The open database of one test; every method may be called from any thread.

    UserError where the file belongs to another test or is no database.
    """

    def __init__(self, path: Path, test: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            self._open(test)
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise UserError(f"{path} cannot hold answers ({error}); move it away.") from error
        except BaseException:
            self._database.close()
            raise

    def _open(self, test: str) -> None:
        (mode,) = self._database.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise UserError(f"The disk of {self.path} cannot keep a write-ahead log; put the test on a local disk.")
        for setting in ("synchronous = FULL", "fullfsync = ON", "foreign_keys = ON"):
            self._database.execute(f"PRAGMA {setting}")
        with self._write() as database:
            for statement in _SCHEMA:
                database.execute(statement)
            row = database.execute("SELECT test FROM about").fetchone()
            if row is None:
                database.execute("INSERT INTO about VALUES (?)", (test,))
            elif row[0] != test:
                raise UserError(f"{self.path} holds the answers to another test; move it away.")

    def arrive(self, visit: str, browser: str, headphones: str, expert: bool) -> Listener:
        """A new listener, next in the order of arrival; the same one again for a visit that is known."""
        with self._write() as database:
            known = database.execute("SELECT * FROM listeners WHERE visit = ?", (visit,)).fetchone()
            if known is not None:
                return _listener(known)
            (number,) = database.execute("SELECT count(*) FROM listeners").fetchone()
            if number >= MOST_LISTENERS:
                raise Refused("This test has as many listeners as it can take.", 403)
            new = Listener(secrets.token_hex(16), visit, number, now(), browser, headphones, expert, "")
            database.execute("INSERT INTO listeners VALUES (?, ?, ?, ?, ?, ?, ?, ?)", astuple(new))
            return new

    def listener(self, name: str) -> Listener | None:
        """The listener of this name, if there is one."""
        with self._lock:
            row = self._database.execute("SELECT * FROM listeners WHERE id = ?", (name,)).fetchone()
        return None if row is None else _listener(row)

    def trials(self, listener: str) -> list[str]:
        """Ids of the trials that a listener has answered."""
        with self._lock:
            rows = self._database.execute("SELECT DISTINCT trial FROM answers WHERE listener = ?", (listener,))
            return [trial for (trial,) in rows.fetchall()]

    def add(self, answers: Sequence[Answer], last: int) -> None:
        """Keep the answers of one screen, all or none of them.

        The same once more changes nothing; another value for what has been answered is Refused (409). A listener with
        `last` answers has finished.
        """
        with self._write() as database:
            for answer in answers:
                added = database.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(answer))
                if added.rowcount == 0 and self._value(answer) != answer.value:
                    raise Refused("This has been answered before, otherwise; the first answer stands.", 409)
            (count,) = database.execute(
                "SELECT count(*) FROM answers WHERE listener = ?", (answers[0].listener,)
            ).fetchone()
            if count >= last:
                database.execute(
                    "UPDATE listeners SET finished = ? WHERE id = ? AND finished = ''", (now(), answers[0].listener)
                )

    def counts(self) -> Counts:
        """How many listeners came, how many have finished, and how many answers there are."""
        with self._lock:
            row = self._database.execute(
                "SELECT (SELECT count(*) FROM listeners), (SELECT count(*) FROM listeners WHERE finished != ''),"
                " (SELECT count(*) FROM answers)"
            ).fetchone()
        return Counts(*row)

    def close(self) -> None:
        """Write the log back into the file and let go of it."""
        with self._lock:
            self._database.close()

    def _value(self, answer: Answer) -> float:
        (value,) = self._database.execute(
            "SELECT value FROM answers WHERE listener = ? AND trial = ? AND question = ? AND stimulus = ?",
            (answer.listener, answer.trial, answer.question, answer.stimulus),
        ).fetchone()
        return float(value)

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on disk when the block ends, and never was when the block raises."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise


def answers(path: Path, test: str) -> list[Answer]:
    """All answers of a database in the order in which they came, training trials included.

    UserError where there is none, or where it belongs to another test than `test` (its id).
    """
    names = ", ".join(field.name for field in fields(Answer))
    return [Answer(*row) for row in _rows(path, test, f"SELECT {names} FROM answers ORDER BY rowid")]


def listeners(path: Path, test: str) -> list[Listener]:
    """All listeners of a database in the order of their arrival; errors as `answers`."""
    return [_listener(row) for row in _rows(path, test, "SELECT * FROM listeners ORDER BY number")]


def _rows(path: Path, test: str, query: str) -> list[tuple]:
    if not path.is_file():
        raise UserError(f"{path} is not there: nobody has answered yet; `tritone listen serve` takes answers.")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", timeout=30, uri=True)) as database:
            of = database.execute("SELECT test FROM about").fetchone()
            if of is None or of[0] != test:
                raise UserError(f"{path} holds the answers to another test.")
            return database.execute(query).fetchall()
    except sqlite3.DatabaseError as error:
        raise UserError(
            f"{path} cannot be read as a database of answers ({error}); give the answers.sqlite of this test."
        ) from error


def _listener(row: tuple) -> Listener:
    name, visit, number, arrived, browser, headphones, expert, finished = row
    return Listener(name, visit, number, arrived, browser, headphones, bool(expert), finished)
