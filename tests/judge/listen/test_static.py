"""The page as one file, and the answers that it gives back."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from listening import SYSTEMS, identity, make_test, screen_rows

from tritone.errors import UserError
from tritone.judge.listen import static
from tritone.judge.listen.checks import order_of
from tritone.judge.listen.downloaded import FORMAT, read_downloaded, read_downloaded_listener
from tritone.judge.listen.files import audio_path
from tritone.judge.listen.static import write_static

TIME = "2026-01-01T10:00:00.000Z"


class Parts(HTMLParser):
    """The scripts and styles of a page, and every address in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found, self.addresses, self._open = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.addresses += [attributes[name] for name in ("src", "href") if name in attributes]
        self._open = (tag, attributes) if tag in ("script", "style") else None

    def handle_data(self, data):
        if self._open:
            self.found.append((*self._open, data))

    def handle_endtag(self, tag):
        self._open = None


def test_one_file_holds_everything_and_asks_for_nothing(tmp_path):
    test = make_test(tmp_path / "test", "mushra")
    path = write_static(tmp_path / "test", tmp_path / "out")
    assert path == tmp_path / "out" / "index.html"
    assert [entry.name for entry in path.parent.iterdir()] == ["index.html"]
    text = path.read_text("utf-8")
    parts = Parts(text)
    assert parts.addresses == ["data:,"]
    sounds = {attributes["id"]: data for _, attributes, data in parts.found if attributes.get("type") == "text/plain"}
    assert list(sounds) == sorted(f"sound-{sound.id}" for sound in test.stimuli)
    for sound in test.stimuli:
        held = audio_path(tmp_path / "test", sound.id).read_bytes()
        assert base64.b64decode(sounds[f"sound-{sound.id}"], validate=True) == held
    (data,) = (json.loads(data) for _, attributes, data in parts.found if attributes.get("id") == "test")
    assert [[screen["trial"] for screen in order] for order in data["orders"]] == [
        [trial for trial, _ in order.screens] for order in test.orders
    ]
    assert not any(name in text for name in (*SYSTEMS[2:], "anchor.wav", "item-0", '"gain"'))


def test_the_policy_lets_only_what_is_inside_run(tmp_path):
    make_test(tmp_path / "test")
    text = write_static(tmp_path / "test", tmp_path / "out").read_text("utf-8")
    policy = re.search(r'content="(default-src[^"]+)"', text)[1].replace("&#39;", "'")
    assert "unsafe" not in policy and "connect-src" not in policy
    inside = [data for tag, attributes, data in Parts(text).found if tag == "style" or not attributes]
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(data.encode()).digest()).decode()}'" for data in inside}
    assert len(hashes) == 2 and set(re.findall(r"'sha256-[^']+'", policy)) == hashes


def test_a_title_cannot_become_part_of_the_page(tmp_path):
    make_test(tmp_path / "test")
    path = tmp_path / "test" / "test.json"
    title = "</script><script>alert(1)</script><!--"
    path.write_text(path.read_text("utf-8").replace("Loops in a room", title), "utf-8")
    parts = Parts(write_static(tmp_path / "test", tmp_path / "out").read_text("utf-8"))
    assert sum(tag == "script" for tag, _, _ in parts.found) == 1 + 8 + 1
    (data,) = (json.loads(data) for _, attributes, data in parts.found if attributes.get("id") == "test")
    assert data["title"] == title


def test_a_page_that_would_be_too_large_is_not_written(tmp_path, monkeypatch):
    test = make_test(tmp_path / "test")
    monkeypatch.setattr(static, "MOST_BYTES", 100_000)
    with pytest.raises(UserError, match=r"0 MB of sound.*listen serve"):
        write_static(tmp_path / "test", tmp_path / "out")
    audio_path(tmp_path / "test", test.stimuli[1].id).unlink()
    with pytest.raises(UserError, match="is missing"):
        write_static(tmp_path / "test", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def test_made(tmp_path):
    return make_test(tmp_path / "test")


def downloaded(test, order=1) -> dict:
    """What the page gives."""
    me = identity(42)
    about = {"browser": "Browser", "headphones": "2/3", "expert": True, "started": TIME, "finished": TIME}
    rows = [row for screen in order_of(test, order).screens for row in screen_rows(test, screen, 4)]
    answers = [{"listener": me, **row, "at": TIME} for row in rows]
    return {
        "format": FORMAT, "version": 1, "test": test.id, "listener": {"id": me, "order": order, **about},
        "answers": answers,
    }  # fmt: skip


def test_a_downloaded_file_is_read_as_it_was_given(test_made, tmp_path):
    content = downloaded(test_made)
    (tmp_path / "answers.json").write_text(json.dumps(content))
    answers = read_downloaded(tmp_path / "answers.json", test_made)
    assert [vars(one) for one in answers] == content["answers"]
    who = read_downloaded_listener(tmp_path / "answers.json", test_made)
    assert (who.id, who.number, who.headphones, who.expert, who.finished) == (identity(42), 1, "2/3", True, TIME)


def spoil(content: dict, path: str, value: object) -> dict:
    """`content` with another value at a path such as "answers.0.value"; None takes the entry out."""
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner = content
    for part in way:
        inner = inner[part]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return content


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("format", "other", "no file of answers"), ("version", 2, "no file of answers"), ("format", None, "fields"),
        ("test", "0" * 32, "another test"), ("more", 1, "fields"), ("listener", [], "must be an object"),
        ("listener.id", "../x", "32 hexadecimal"), ("listener.order", 2, "no such order"),
        ("listener.order", True, "no such order"), ("listener.order", 0, ""),
        ("listener.headphones", "9/9", "headphones"),
        ("listener.expert", 1, "expert"), ("listener.browser", 3, "browser"), ("listener.finished", "today", "Times"),
        ("listener.started", "2026-01-01T10:00:00", "Times"), ("listener.more", 1, "fields"),
        ("answers", {}, "list"), ("answers", [], "not complete"), ("answers.5", None, "as a whole"),
        ("answers.0.value", 6, "scale"), ("answers.0.value", float("nan"), "JSON"), ("answers.0.heard_ms", 1, "heard"),
        ("answers.0.listener", identity(43), "another listener"), ("answers.0.at", 5, "Times"),
        ("answers.0.stimulus", identity(99), "no such sound"), ("answers.0.more", 1, "fields"),
        ("answers.0.trial", [], "no trial"), ("answers.0.trial", "x", "no such trial"),
        ("answers.0.at", None, "fields"),
    ],
)  # fmt: skip
def test_a_file_that_the_page_did_not_give_is_refused(test_made, tmp_path, path, value, sentence):
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(spoil(downloaded(test_made), path, value)))
    if not sentence:
        assert len(read_downloaded(file, test_made)) == 16  # the other order asks the same, otherwise arranged
        return
    with pytest.raises(UserError, match=sentence) as error:
        read_downloaded(file, test_made)
    assert str(error.value).startswith(f"{file} is not counted: ") and "\n" not in str(error.value)


def test_a_screen_left_out_or_given_twice_is_refused(test_made, tmp_path):
    file, content = tmp_path / "answers.json", downloaded(test_made)
    file.write_text(json.dumps(content | {"answers": content["answers"][:-2]}))
    with pytest.raises(UserError, match="not complete"):
        read_downloaded(file, test_made)
    file.write_text(json.dumps(content | {"answers": [*content["answers"], *content["answers"][:2]]}))
    with pytest.raises(UserError, match="twice"):
        read_downloaded(file, test_made)


def test_what_is_no_file_or_no_json_is_named(test_made, tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_downloaded(tmp_path / "none.json", test_made)
    (tmp_path / "some.json").write_bytes(b"\xff" * 100)
    with pytest.raises(UserError, match="not JSON"):
        read_downloaded(tmp_path / "some.json", test_made)
    (tmp_path / "some.json").write_bytes(b" " * 16_000_001)
    with pytest.raises(UserError, match="too large"):
        read_downloaded(tmp_path / "some.json", test_made)
