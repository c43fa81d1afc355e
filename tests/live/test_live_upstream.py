"""Answers of every shape, and of none: a server on a Unix socket that says exactly the bytes it is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from civicline.live.forward import Forward
from civicline.live.upstream import Upstream
from civicline.live.wire import Body, BrokenError, RefusedError

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
Say = Callable[[int, bytes], bytes | None]


@asynccontextmanager
async def server(path: Path, say: Say) -> AsyncIterator[list[bytes]]:
    """Calls `say` with the number of the connection and what it received; None closes without a word."""
    heard: list[bytes] = []
    count = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        mine = count
        while data := await reader.read(65536):
            heard.append(data)
            said = say(mine, data)
            if said is None:
                break
            writer.write(said)
            if said.endswith(b"<end>"):
                break
        writer.close()

    made = await asyncio.start_unix_server(serve, path, backlog=1024)
    try:
        yield heard
    finally:
        made.close()


async def get(upstream: Upstream, method: str = "GET") -> tuple[int, bytes]:
    answer = await upstream.ask(method, b"/x", [(b"host", b"here")])
    return answer.status, b"".join([chunk async for chunk in answer.body()])


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


@pytest.mark.parametrize(
    ("method", "said", "status", "body"),
    [
        ("GET", OK, 200, b"hi"),
        ("GET", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n", 200, b"hi!"),
        ("GET", b"HTTP/1.1 200 OK\r\n\r\nuntil the <end>", 200, b"until the <end>"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", 304, b""),
        ("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n", 200, b""),
        ("GET", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, b""),
    ],
)
def test_answers_of_every_shape(tmp_path: Path, method: str, said: bytes, status: int, body: bytes) -> None:
    async def scene() -> None:
        async with server(tmp_path / "s", lambda *_: said):
            upstream = Upstream(tmp_path / "s")
            for _ in range(3):
                assert await get(upstream, method) == (status, body)
            upstream.close()

    run(scene())


@pytest.mark.parametrize("headers", [[(b"content-length", b"7")], []])
def test_a_small_form_is_there_with_its_head(tmp_path: Path, headers: list[tuple[bytes, bytes]]) -> None:
    """So whoever answers by the head alone, and closes, has read it all: nothing is cut off."""

    async def form() -> AsyncIterator[bytes]:
        for part in (b"said", b"=it"):
            for _ in range(20):
                await asyncio.sleep(0)  # the server's turn: it would read what there is
            yield part

    async def scene() -> list[bytes]:
        async with server(tmp_path / "s", lambda *_: OK) as heard:
            forward = Forward(tmp_path / "s")
            answer = await forward.ask("POST", b"/x", headers, Body(form()))
            assert answer.status == 200
            forward.close()
            return heard

    heard = run(scene())
    assert heard[0].startswith(b"POST /x") and b"said=it" in heard[0]


def test_a_connection_is_kept_for_the_next(tmp_path: Path) -> None:
    seen: set[int] = set()

    async def scene() -> None:
        async with server(tmp_path / "s", lambda number, _: seen.add(number) or OK):
            upstream = Upstream(tmp_path / "s")
            for _ in range(5):
                await get(upstream)
            upstream.close()

    run(scene())
    assert seen == {1}


@pytest.mark.parametrize("said", [None, b"HTTP/1.1 200 OK\r\ncontent-len<end>", b"nonsense\r\n\r\n<end>"])
def test_an_answer_without_a_head_is_broken(tmp_path: Path, said: bytes | None) -> None:
    async def scene() -> None:
        async with server(tmp_path / "s", lambda *_: said):
            with pytest.raises(BrokenError):
                await get(Upstream(tmp_path / "s"))

    run(scene())


def test_a_body_that_ends_too_early_is_broken(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path / "s", lambda *_: b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhi<end>"):
            with pytest.raises(BrokenError):
                await get(Upstream(tmp_path / "s"))

    run(scene())


def test_nobody_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        run(get(Upstream(tmp_path / "nobody")))


def test_a_get_that_broke_off_is_asked_again_a_post_is_not(tmp_path: Path) -> None:
    async def scene(method: str) -> int:
        async with server(tmp_path / method, lambda number, _: OK if number > 1 else None) as heard:
            forward = Forward(tmp_path / method)
            if method == "GET":
                assert (await forward.ask(method, b"/", [])).status == 200
            else:
                with pytest.raises(BrokenError):
                    await forward.ask(method, b"/", [])
            return len(heard)

    assert (run(scene("GET")), run(scene("POST"))) == (2, 1)


@pytest.mark.parametrize("length", [None, b"6"])
def test_a_request_s_body_is_framed(tmp_path: Path, length: bytes | None) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"abc", b"", b"def"):
            yield part

    async def scene() -> bytes:
        async with server(
            tmp_path / "s", lambda _, data: OK if data.endswith((b"0\r\n\r\n", b"def")) else b""
        ) as heard:
            headers = [(b"content-length", length)] if length else []
            await Upstream(tmp_path / "s").ask("POST", b"/", headers, Body(parts()))
            return b"".join(heard)

    sent = run(scene())
    if length:
        assert sent.endswith(b"content-length: 6\r\n\r\nabcdef")
    else:
        assert sent.endswith(b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")


def test_many_at_once_get_their_own_answers(tmp_path: Path) -> None:
    def echo(_: int, data: bytes) -> bytes:
        path = data.split()[1]
        return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(path), path)

    async def one(upstream: Upstream, number: int) -> bool:
        answer = await upstream.ask("GET", b"/%d" % number, [])
        return b"".join([chunk async for chunk in answer.body()]) == b"/%d" % number

    async def scene() -> list[bool]:
        async with server(tmp_path / "s", echo):
            upstream = Upstream(tmp_path / "s")
            found = await asyncio.gather(*(one(upstream, number) for number in range(500)))
            upstream.close()
            return found

    assert all(run(scene()))
