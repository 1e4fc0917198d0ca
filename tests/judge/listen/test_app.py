"""The routes over a real socket: what they give, and what they refuse."""

import http.client
import json
import socket
import threading
from contextlib import suppress

import pytest
from listening import JSON, SYSTEMS, identity, make_test, screen_rows, site

from tritone.judge.listen import store as stores
from tritone.judge.listen.files import audio_path

TOKEN = "a-token-of-the-test"
HEAD = b"POST /answers HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "test"


@pytest.fixture
def here(folder):
    with site(folder, make_test(folder)) as running:
        yield running


@pytest.fixture
def guarded(folder):
    with site(folder, make_test(folder), TOKEN) as running:
        yield running


def test_a_listener_answers_everything_and_has_finished(here, folder):
    me = here.arrive()
    assert me["answered"] == [] and len(me["screens"]) == 8
    for screen in me["screens"]:
        assert here.answer(me["listener"], screen_rows(here.test, screen)).json == {"kept": 2}
    back = here.post("/listener", {"test": here.test.id, "listener": me["listener"]}).json
    assert back["screens"] == me["screens"]
    assert set(back["answered"]) == {screen["trial"] for screen in me["screens"]}
    assert here.get("/progress").json == {"listeners": 1, "finished": 1, "answers": 16}
    kept = stores.answers(folder / "answers.sqlite", here.test.id)
    assert [answer.trial for answer in kept[::2]] == [screen["trial"] for screen in me["screens"]]


def test_listeners_take_the_orders_in_turn(here):
    orders = [[screen["trial"] for screen in here.arrive(number)["screens"]] for number in range(3)]
    expected = [[trial for trial, _ in order.screens] for order in here.test.orders]
    assert orders == [expected[0], expected[1], expected[0]]


def test_the_page_and_all_that_it_asks_for_are_there(here):
    page = here.get("/")
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    assert "<script src" in page.text and "<script>" not in page.text and "style=" not in page.text
    names = [part.split('"')[0] for part in page.text.split('="assets/')[1:]]
    assert len(names) > 5
    for name in names:
        reply = here.get(f"/assets/{name}")
        assert reply.status == 200 and reply.headers["content-type"].split(";")[0] in ("text/javascript", "text/css")


def test_nothing_that_is_sent_names_a_system(here):
    me = here.arrive()
    said = here.get("/test").text + json.dumps(me) + here.get("/").text
    for word in (*SYSTEMS, "item-0", "gain"):
        assert word not in said


def test_what_the_page_is_told_shows_no_order_of_making(here):
    names = list(here.get("/test").json["stimuli"])
    assert names == sorted(names)
    sizes, dates = set(), set()
    for name in names:
        reply = here.get(f"/audio/{name}.wav")
        sizes.add(len(reply.body))
        dates.add(reply.headers["last-modified"])
    assert len(sizes) == len(dates) == 1


def test_sounds_come_whole_and_in_ranges(here, folder):
    name = here.test.stimuli[2].id
    path, held = f"/audio/{name}.wav", audio_path(folder, name).read_bytes()
    whole = here.get(path)
    assert (whole.status, whole.body, whole.headers["content-type"]) == (200, held, "audio/wav")
    assert "immutable" in whole.headers["cache-control"] and whole.headers["accept-ranges"] == "bytes"
    part = here.get(path, range="bytes=10-19")
    assert (part.status, part.body) == (206, held[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(held)}"
    assert here.get(path, range="bytes=-7").body == held[-7:]
    assert here.get(path, range=f"bytes={len(held)}-").status == 416
    assert here.get(path, range="bytes=9-3").status == 400
    assert here.ask("HEAD", path).body == b""


@pytest.mark.parametrize(
    "path",
    [
        "/key.json", "/test.json", "/answers.sqlite", "/answers.sqlite-wal", "/audio", "/audio/", "/assets/", "/assets",
        "/audio/../key.json", "/audio/..%2fkey.json", "/audio/%2e%2e/key.json", "/audio/....//key.json",
        "/audio/..\\key.json", "/audio//../../key.json", "/audio/key.json", "/audio/../../../../etc/passwd",
        "/audio/%00.wav", "/assets/..%2f..%2fserver.py", "/assets/page.html.j2", "/assets/../key.json", "//etc/passwd",
        f"/audio/{'0' * 32}.wav", f"/audio/{'0' * 9000}.wav", "/%c0%ae%c0%ae/key.json", "/token.txt", "/.git/config",
    ],
)  # fmt: skip
def test_nothing_else_is_served(here, path):
    reply = here.get(path)
    assert reply.status in (404, 405), reply
    assert b"wonder" not in reply.body and b"root:" not in reply.body and b"gain" not in reply.body


def test_a_path_that_the_client_did_not_tidy_is_no_way_out(here):
    with socket.create_connection(("127.0.0.1", here.port)) as raw:
        raw.sendall(b"GET /audio/../key.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert raw.makefile("rb").readline().split()[1] == b"404"


def test_every_reply_carries_the_headers_that_shut_others_out(here):
    sound = f"/audio/{here.test.stimuli[0].id}.wav"
    for reply in (*map(here.get, ("/", "/test", "/nowhere", "/assets/main.js", sound)), here.post("/answers", b"x")):
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in reply.headers
    assert here.get("/test").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://elsewhere.example"}, 403), ({"origin": "null"}, 403), ({"origin": ""}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403), ({"origin": "http://127.0.0.1"}, 403), ({"origin": "//"}, 403),
        ({"content-type": "text/plain"}, 415), ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": ""}, 415), ({"host": "elsewhere.example", "origin": "http://elsewhere.example"}, 403),
    ],
)  # fmt: skip
def test_what_another_site_could_send_is_refused(here, headers, status):
    me = here.arrive()
    rows = screen_rows(here.test, me["screens"][0])
    reply = here.post("/answers", {"test": here.test.id, "listener": me["listener"], "answers": rows}, headers)
    assert reply.status == status, reply
    assert reply.text.endswith(".") and "\n" not in reply.text
    assert here.get("/progress").json["answers"] == 0


def test_a_post_without_an_origin_is_refused(here):
    assert here.ask("POST", "/listener", b"{}", JSON).status == 403
    assert here.ask("GET", "/answers").status == 405
    assert here.ask("PUT", "/test").status == 405


def test_a_page_elsewhere_cannot_have_its_name_point_here(here):
    assert here.get("/test", host="rebound.example").status == 403
    assert here.get("/test", host=f"localhost:{here.port}").status == 200
    assert here.get("/test", host="[::1]:80").status == 200
    assert here.get("/test", host="127.0.0.2").status == 200
    assert here.get("/test", host="127.0.0.1.rebound.example").status == 403
    assert here.get("/test", host="[::1").status == 403


def test_forged_answers_are_refused_in_one_sentence(here):
    me = here.arrive()
    who, other = me["listener"], here.arrive(1)["listener"]
    rows = screen_rows(here.test, me["screens"][0])
    right = {"test": here.test.id, "listener": who, "answers": rows}
    bodies = {
        403: [right | {"listener": name} for name in (identity(1), "", None, 3, [], other + "x", f"{who}' OR 1")]
        + [right | {"test": name} for name in (identity(1), None, ["x"])],
        422: [right | {"answers": rows[:1]}, right | {"answers": [row | {"value": 9} for row in rows]}],
        400: [right | {"answers": value} for value in ([], {}, None, [1], [[]])]
        + [right | {"more": 1}, {"test": here.test.id, "listener": who}, b"{", b"[]", b"\xff", b"[" * 60_000],
    }  # fmt: skip
    for status, forged in bodies.items():
        for body in forged:
            reply = here.post("/answers", body)
            assert reply.status == status, (body, reply)
            assert reply.text.endswith(".") and len(reply.text) < 200 and "\n" not in reply.text
    assert here.get("/progress").json["answers"] == 0
    assert here.post("/answers", right).status == 200


def test_listeners_who_make_no_sense_are_refused(here):
    right = {"test": here.test.id, "visit": identity(1), "headphones": "3/3", "expert": True}
    for wrong in (
        {"visit": "x"},
        {"visit": None},
        {"headphones": "7/3"},
        {"headphones": []},
        {"expert": 1},
        {"more": 1},
        {"test": "x"},
    ):
        assert here.post("/listener", right | wrong).status in (400, 403, 422)
    assert here.get("/progress").json["listeners"] == 0
    first, again = (here.post("/listener", right).json for _ in range(2))
    assert first == again
    assert here.get("/progress").json["listeners"] == 1


def test_a_body_that_is_too_long_is_not_read(here):
    for body in (b" " * 65_537, b" " * 2_000_000):
        with suppress(ConnectionError, http.client.HTTPException):  # refused while the rest was on its way
            assert here.post("/answers", body).status == 413
    assert here.get("/test").status == 200


def test_a_body_without_a_length_is_measured_as_it_comes(here):
    with socket.create_connection(("127.0.0.1", here.port), timeout=10) as raw:
        raw.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        raw.sendall(b"8000\r\n" + b" " * 0x8000 + b"\r\n")
        raw.sendall(b"8001\r\n" + b" " * 0x8001 + b"\r\n")
        assert raw.makefile("rb").readline().split()[1] == b"413"


def test_a_connection_that_ends_in_the_middle_leaves_nothing(here):
    me = here.arrive()
    body = json.dumps(
        {"test": here.test.id, "listener": me["listener"], "answers": screen_rows(here.test, me["screens"][0])}
    )
    with socket.create_connection(("127.0.0.1", here.port)) as raw:
        raw.sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n{body[:-1]}".encode())
    assert here.get("/progress").json["answers"] == 0


def test_a_doubled_answer_is_kept_once_and_a_changed_one_refused(here):
    me = here.arrive()
    rows = screen_rows(here.test, me["screens"][0], 2)
    replies = []
    threads = [
        threading.Thread(target=lambda: replies.append(here.answer(me["listener"], rows).status)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [200] * 6
    changed = here.answer(me["listener"], screen_rows(here.test, me["screens"][0], 4))
    assert (changed.status, changed.text) == (409, "This has been answered before, otherwise; the first answer stands.")
    assert here.get("/progress").json["answers"] == 2
    assert {one.value for one in stores.answers(here.store.path, here.test.id)} == {2.0}


def test_without_the_token_nothing_opens(guarded):
    sound = f"/audio/{guarded.test.stimuli[0].id}.wav"
    for path in (
        "/",
        "/test",
        sound,
        "/progress",
        "/assets/main.js",
        "/?token=wrong",
        "/?token=",
        f"/test?token={TOKEN}",
    ):
        assert guarded.get(path).status == 403, path
    assert guarded.get("/test", cookie=f"listen-{guarded.test.id[:12]}=wrong").status == 403
    assert guarded.get("/test", cookie=f"other={TOKEN}").status == 403
    assert guarded.get("/?token=%F0%9F%8E%B5%ff").status == 403
    about = {"test": guarded.test.id, "visit": identity(1), "headphones": "3/3", "expert": True}
    assert guarded.post("/listener", about).status == 403


def test_the_token_of_the_link_becomes_a_cookie(guarded):
    entered = guarded.get(f"/?token={TOKEN}", host="studio.local:8765")
    assert (entered.status, entered.headers["location"]) == (303, "./")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    held = {"cookie": cookie.split(";")[0], "host": "studio.local:8765"}
    assert guarded.get("/", **held).status == 200
    about = {"test": guarded.test.id, "visit": identity(1), "headphones": "3/3", "expert": True}
    assert guarded.post("/listener", about, held | {"origin": "http://studio.local:8765"}).status == 200
    assert guarded.post("/listener", about, held | {"origin": "http://other.local"}).status == 403
