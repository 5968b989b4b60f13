"""Our WebSocket frames against those of the websockets library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side

from openenv.core.client.frames import (
    CLOSE,
    PING,
    TEXT,
    FrameDecoder,
    FrameError,
    MessageTooBigError,
    encode_control,
    encode_text,
    parse_close,
)

payloads = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([124, 125, 126, 127, 65535, 65536, 70000]).map(lambda size: bytes(range(256)) * (size // 256 + 1)),
)


@st.composite
def frames(draw: st.DrawFn) -> list[Frame]:
    """What a server may send: messages in fragments, with control frames in between."""
    result: list[Frame] = []

    def maybe_control() -> None:
        if draw(st.integers(0, 3)) == 0:
            opcode = draw(st.sampled_from([Opcode.PING, Opcode.PONG]))
            result.append(Frame(opcode, draw(st.binary(max_size=125))))

    for _ in range(draw(st.integers(0, 4))):
        parts = draw(st.lists(payloads, min_size=1, max_size=3))
        for number, part in enumerate(parts):
            maybe_control()
            first = draw(st.sampled_from([Opcode.TEXT, Opcode.BINARY])) if number == 0 else Opcode.CONT
            result.append(Frame(first, part, fin=number == len(parts) - 1))
    maybe_control()
    return result


def joined(sent: list[Frame]) -> list[tuple[int, bytes]]:
    """The messages and control frames that ``sent`` means."""
    result: list[tuple[int, bytes]] = []
    opcode, message = 0, b""
    for frame in sent:
        if frame.opcode in (Opcode.PING, Opcode.PONG):
            result.append((int(frame.opcode), bytes(frame.data)))
            continue
        if frame.opcode is not Opcode.CONT:
            opcode, message = int(frame.opcode), b""
        message += bytes(frame.data)
        if frame.fin:
            result.append((opcode, message))
    return result


@given(frames(), st.data())
def test_decodes_what_the_library_encodes_however_it_is_cut(sent: list[Frame], data: st.DataObject) -> None:
    stream = b"".join(frame.serialize(mask=False) for frame in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    decoder = FrameDecoder()
    got: list[tuple[int, bytes]] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += decoder.feed(stream[start:end])
    assert got == joined(sent)


@given(payloads)
def test_the_library_decodes_what_we_encode(payload: bytes) -> None:
    receiver = Protocol(Side.SERVER, max_size=None)
    receiver.receive_data(encode_text(payload))
    receiver.receive_data(encode_control(PING, payload[:100]))
    message, ping = receiver.events_received()
    assert isinstance(message, Frame)
    assert isinstance(ping, Frame)
    assert (message.opcode, bytes(message.data), message.fin) == (Opcode.TEXT, payload, True)
    assert (ping.opcode, bytes(ping.data)) == (Opcode.PING, payload[:100])


@given(st.binary(max_size=300))
def test_any_bytes_give_frames_or_a_frame_error(data: bytes) -> None:
    decoder = FrameDecoder(1000)
    try:
        for start in range(0, len(data), 7):
            decoder.feed(data[start : start + 7])
    except FrameError:
        pass


@pytest.mark.parametrize(
    "data",
    [
        b"\x91\x00",  # a reserved bit
        b"\x81\x80abcd",  # masked
        b"\x83\x00",  # no such opcode
        b"\x80\x00",  # a continuation of nothing
        b"\x01\x01a\x81\x01b",  # a message inside another
        b"\x09\x00",  # a fragmented ping
        b"\x89\x7e\x00\x80",  # a ping of 128 bytes
    ],
)
def test_a_broken_protocol_is_an_error(data: bytes) -> None:
    with pytest.raises(FrameError) as caught:
        FrameDecoder().feed(data)
    assert caught.value.code == 1002


def test_size_limit() -> None:
    limit = 200
    good = Frame(Opcode.TEXT, b"x" * limit).serialize(mask=False)
    assert FrameDecoder(limit).feed(good) == [(TEXT, b"x" * limit)]
    for bad in (
        Frame(Opcode.TEXT, b"x" * (limit + 1)).serialize(mask=False),
        Frame(Opcode.TEXT, b"x" * limit, fin=False).serialize(mask=False)
        + Frame(Opcode.CONT, b"x").serialize(mask=False),
        b"\x81\x7f" + (1 << 62).to_bytes(8),  # announced, never sent
    ):
        with pytest.raises(MessageTooBigError):
            FrameDecoder(limit).feed(bad)


def test_close_frames() -> None:
    close = Frame(Opcode.CLOSE, (1001).to_bytes(2) + b"bye").serialize(mask=False)
    [(opcode, payload)] = FrameDecoder().feed(close)
    assert opcode == CLOSE
    assert parse_close(payload) == (1001, "bye")
    assert parse_close(b"") == (None, "")
