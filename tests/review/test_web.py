"""What the review server answers, and what it does not even look at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from assetgen.review.asked import (
    Accept,
    Adopt,
    Build,
    Pick,
    Pin,
    Price,
    Reject,
    Remark,
    Reroll,
    Stop,
)
from assetgen.review.web import MAX_BODY, MAX_FILE
from tests.review.fakes import COOKIE, DIGEST, POST, FakeActions, browser
from tests.review.test_guard import ask, asked

JSON = {**POST, "content-type": "application/json"}
FILE = {**POST, "content-type": "application/octet-stream"}


@pytest.mark.parametrize(
    ("verb", "body", "value"),
    [
        ("pick", '{"target":"a","take":2,"seen":"v"}', Pick("a", 2, "", "v")),
        ("pick", '{"target":"a","take":2,"note":"n","seen":""}', Pick("a", 2, "n", "")),
        ("pin", '{"target":"a","pinned":true,"seen":"v"}', Pin("a", True, "v")),
        ("reject", '{"target":"a","take":1,"note":"n","seen":"v"}', Reject("a", 1, "n", True, "v")),
        ("remark", '{"target":"a","take":1,"note":"","seen":"v"}', Remark("a", 1, "", "v")),
        ("accept", '{"target":"a","reason":"r","seen":"v"}', Accept("a", "r", "v")),
        ("price", '{"targets":["a","b","a"],"takes":1}', Price(("a", "b"), 1)),
        (
            "reroll",
            '{"targets":["a"],"takes":2,"note":"","max_images":2,"max_cost":0.5}',
            Reroll(("a",), 2, "", 2, 0.5),
        ),
        ("build", '{"targets":[],"max_images":0,"max_cost":null}', Build((), 0, None)),
        ("stop", "{}", Stop()),
    ],
)
def test_each_verb_is_read(verb: str, body: str, value: Any) -> None:
    """What the page asks for arrives as a value."""
    actions = FakeActions()
    assert asked(actions, "POST", f"/act/{verb}", JSON, body).status_code == 200
    assert actions.asked == [value]


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("pick", ""),
        ("pick", "null"),
        ("pick", "[]"),
        ("pick", '"text"'),
        ("pick", "{"),
        ("pick", "\ufeff{}"),
        ("pick", "[" * 100_000),
        ("pick", '{"target":"a","take":NaN,"seen":""}'),
        ("pick", '{"target":"a","take":' + "9" * 5000 + ',"seen":""}'),
        ("pick", '{"target":"a","take":1}'),
        ("pick", '{"target":"a","take":1,"seen":null}'),
        ("pick", '{"target":"a","take":0,"seen":""}'),
        ("pick", '{"target":"a","take":true,"seen":""}'),
        ("pick", '{"target":"a","take":1.5,"seen":""}'),
        ("pick", '{"target":"","take":1,"seen":""}'),
        ("pick", '{"target":["a"],"take":1,"seen":""}'),
        ("pick", '{"target":"a\\u0000","take":1,"seen":""}'),
        ("pick", '{"target":"\\ud800","take":1,"seen":""}'),
        ("pick", '{"target":"a","take":1,"seen":"","more":1}'),
        ("pick", '{"target":"a","take":1,"seen":"","note":"' + "x" * 2001 + '"}'),
        ("pin", '{"target":"a","pinned":1,"seen":""}'),
        ("price", '{"targets":[],"takes":1}'),
        ("price", '{"targets":"a","takes":1}'),
        ("price", '{"targets":[1],"takes":1}'),
        ("price", '{"targets":["a"],"takes":101}'),
        ("reroll", '{"targets":["a"],"takes":1,"note":"","max_images":0,"max_cost":null}'),
        ("reroll", '{"targets":["a"],"takes":1,"note":"","max_images":1}'),
        ("reroll", '{"targets":["a"],"takes":1,"note":"","max_images":1,"max_cost":-1}'),
        ("reroll", '{"targets":["a"],"takes":1,"note":"","max_images":1,"max_cost":1e999}'),
        ("reroll", '{"targets":["a"],"takes":1,"note":"","max_images":1,"max_cost":"1"}'),
        ("build", '{"targets":[],"max_images":-1,"max_cost":null}'),
        ("build", '{"targets":[],"max_images":1e3,"max_cost":null}'),
        ("stop", '{"now":true}'),
        ("unknown", "{}"),
        ("__class__", "{}"),
        ("%2e%2e%2fpick", "{}"),
    ],
)
def test_what_is_not_of_the_shape_is_refused(verb: str, body: str) -> None:
    """One sentence and a next step, and nothing is done."""
    actions = FakeActions()
    answer = asked(actions, "POST", f"/act/{verb}", JSON, body)
    assert answer.status_code in (400, 404)
    if answer.status_code == 400:
        assert set(answer.json()) == {"error", "next"}
    assert actions.asked == []


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
def test_a_form_is_refused(kind: str) -> None:
    """What a page elsewhere could make a browser send by itself is no type that is taken."""
    actions = FakeActions()
    body = '{"target":"a","take":1,"seen":""}'
    assert (
        asked(actions, "POST", "/act/pick", {**POST, "content-type": kind}, body).status_code == 415
    )
    if kind:
        path = "/act/adopt?target=a&seen=v&with_ops=0"
        assert asked(actions, "POST", path, {**POST, "content-type": kind}, b"x").status_code == 415
    assert actions.asked == []


def test_a_file_is_adopted() -> None:
    """Its bytes are the body, and all else is in the address."""
    actions = FakeActions()
    path = "/act/adopt?target=hero%2Fa&seen=v&with_ops=1"
    assert asked(actions, "POST", path, FILE, b"\x89PNG").status_code == 200
    assert actions.asked == [Adopt("hero/a", "v", True, b"\x89PNG")]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "target=a",
        "seen=v",
        "target=&seen=v",
        "target=a&seen=v&with_ops=2",
        "target=a&seen=v&with_ops=true",
        "target=a&seen=v&more=1",
        "target=a&target=b&seen=v",
        "target=a%00&seen=v",
    ],
)
def test_an_adoption_of_another_shape_is_refused(query: str) -> None:
    """So is one that names a target twice."""
    actions = FakeActions()
    assert asked(actions, "POST", f"/act/adopt?{query}", FILE, b"x").status_code == 400
    assert actions.asked == []


@pytest.mark.parametrize(("path", "headers", "limit"), [
    ("/act/pick", JSON, MAX_BODY),
    ("/act/adopt?target=a&seen=v", FILE, MAX_FILE),
])  # fmt: skip
def test_too_large_a_body_is_not_read_on(path: str, headers: dict[str, str], limit: int) -> None:
    """Neither where its length is told, nor where it is not."""
    taken = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(200):
            taken += 1 << 20
            yield bytes(1 << 20)

    told = {**headers, "content-length": str(limit + 1)}
    for sent in (
        told,
        {**headers, "content-length": "9" * 5000},
        {**headers, "content-length": "x"},
    ):
        assert ask("POST", path, sent, b"").status_code == 413
    assert ask("POST", path, headers, pieces()).status_code == 413
    assert limit <= taken <= limit + (2 << 20)


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/index.htm",
        "/static/../web.py",
        "/static/..%2fweb.py",
        "/static/%2e%2e/web.py",
        "/static/..%5cweb.py",
        "/static//etc/passwd",
        "/static/page.js%00",
        "/static/page.js/",
        "/thumbs/",
        "/thumbs/x.webp",
        f"/thumbs/{DIGEST}",
        f"/thumbs/{DIGEST}.png",
        f"/thumbs/{'cd' * 32}.webp",
        f"/thumbs/{DIGEST.upper()}.webp",
        "/thumbs/..%2f..%2fassetgen.yaml.webp",
        f"/pictures/{DIGEST}",
        f"/pictures/{DIGEST}.jpg",
        f"/pictures/{'cd' * 32}.png",
        "/pictures/..%2fassetgen.lock.png",
        f"/pictures/{DIGEST}.png/",
        f"/pictures/{DIGEST}.png%0d%0aX-Evil:1",
        "/assetgen.yaml",
        "/data.json/",
        "/DATA.JSON",
    ],
)
def test_only_what_the_document_names_is_there(path: str) -> None:
    """No path leads to a file: what is served is looked up by its whole name."""
    answer = ask("GET", path, COOKIE)
    assert answer.status_code == 404
    assert answer.text == "there is nothing here\n"
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/static/page.js", "text/javascript; charset=utf-8"),
        ("/data.json", "application/json"),
        (f"/thumbs/{DIGEST}.webp", "image/webp"),
        (f"/pictures/{DIGEST}.png", "image/png"),
    ],
)
def test_everything_has_its_type(path: str, kind: str) -> None:
    """Browsers are told not to guess, so it must be right."""
    assert ask("GET", path, COOKIE).headers["content-type"] == kind


def test_what_is_no_picture_is_saved_not_shown() -> None:
    """Bytes of another format are never a page of this origin."""

    class Odd(FakeActions):
        async def picture(self, digest: str, extension: str) -> bytes | None:
            return b"<script>alert(1)</script>"

    answer = asked(Odd(), "GET", f"/pictures/{DIGEST}.html", COOKIE)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"


def test_the_document_has_a_counter_and_no_token() -> None:
    """Who reads the document cannot change anything with it."""
    answer = ask("GET", "/data.json", COOKIE)
    assert answer.json()["at"] == 1
    assert "token" not in answer.text


def test_an_action_with_a_bug_is_an_answer() -> None:
    """The server goes on, and says nothing of its insides."""

    class Buggy(FakeActions):
        async def act(self, asked: Any) -> Any:
            raise KeyError("canary")

    async def twice() -> list[int]:
        async with browser(Buggy()) as client:
            answers = [await client.post("/act/stop", headers=JSON, content="{}") for _ in "ab"]
        assert all("canary" not in answer.text for answer in answers)
        assert all(set(answer.json()) == {"error", "next"} for answer in answers)
        return [answer.status_code for answer in answers]

    assert asyncio.run(twice()) == [500, 500]
