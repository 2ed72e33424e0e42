"""A process that decodes JPEG-XR and JPEG, and that a decoder may crash; run as a script, it imports nothing of OMIO.

It reads requests from its standard input and answers on its standard output until its input is closed. aicspylibczi
decodes JPEG-XR: each sub-block is wrapped as a CZI of its own, with header, one sub-block and a directory of one entry,
so that libCZI never sees the directory of the file, which it does not check. libCZI does not decode JPEG
(``CreateBitmap.cpp``); imagecodecs does.

A request is 24 bytes (codec, code of the pixel type, width, height, expected bytes of pixels, bytes of data; four bytes
each) and the data. An answer is a status and a size of four bytes each, and that many bytes: pixels, red first, or a
message. A request that takes too long ends the process.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import signal
import struct
import sys
import tempfile
from typing import Any, BinaryIO

REQUEST, ANSWER = struct.Struct("<6I"), struct.Struct("<2I")
DONE, FAILED = 0, 1
JPEG, JPEGXR = 1, 4
SECONDS = 6.0  # for a request, plus one second per 16 MiB of pixels
STARTING = 60.0
_ROOM = 256 << 20  # bytes that a request may use besides eight times its pixels

_SAMPLES = {0: ("u1", 1), 1: ("<u2", 1), 2: ("<f4", 1), 3: ("u1", 3), 4: ("<u2", 3)}


def wrap(pixel_type: int, width: int, height: int, data: bytes) -> bytes:
    """Wrap one JPEG-XR sub-block as a CZI; offsets are those of DS_ZISRAW, as in `_segments`."""

    def segment(name: bytes, content: bytes) -> bytes:
        size = -(-len(content) // 32) * 32  # segments begin at multiples of 32
        return struct.pack("<16sqq", name, size, len(content)) + content.ljust(size, b"\0")

    dimensions = [(b"X", width), (b"Y", height), (b"C", 1)]
    entry = struct.pack("<2siqii6xi", b"DV", pixel_type, 32 + 512, 0, JPEGXR, len(dimensions))
    entry += b"".join(struct.pack("<4siifi", name, 0, size, 0, size) for name, size in dimensions)
    fixed = struct.pack("<iiq", 0, 0, len(data)) + entry
    subblock = segment(b"ZISRAWSUBBLOCK", fixed.ljust(256, b"\0") + data)
    directory = segment(b"ZISRAWDIRECTORY", struct.pack("<i124x", 1) + entry)
    at = 32 + 512 + len(subblock)
    header = struct.pack("<iiii32xiqqiq", 1, 0, 0, 0, 0, at, 0, 0, 0)
    return segment(b"ZISRAWFILE", header.ljust(512, b"\0")) + subblock + directory


def jpegxr(pixel_type: int, width: int, height: int, data: bytes) -> Any:
    """Decode a JPEG-XR sub-block to pixels, (height, width, samples), red first."""
    czi = importlib.import_module("aicspylibczi").CziFile
    with tempfile.TemporaryFile() as file:  # aicspylibczi reads only from a real file
        file.write(wrap(pixel_type, width, height, data))
        file.seek(0)
        with os.fdopen(os.dup(file.fileno()), "rb") as reader:
            pixels, _ = czi(reader).read_image(C=0)
    samples = _SAMPLES[pixel_type][1]
    return pixels.reshape(height, width, samples)[..., ::-1]  # aicspylibczi returns blue first


def jpeg(pixel_type: int, width: int, height: int, data: bytes) -> Any:
    """Decode a JPEG sub-block to pixels, (height, width, samples), red first."""
    import imagecodecs

    pixels = imagecodecs.jpeg_decode(data)
    return pixels.reshape(height, width, _SAMPLES[pixel_type][1])


def decode(codec: int, pixel_type: int, width: int, height: int, expected: int, data: bytes) -> bytes:
    """Decode a sub-block to the bytes of its pixels.

    Raises
    ------
    ValueError
        The decoded pixels have another type or size than expected.
    """
    import numpy as np

    pixels = (jpegxr if codec == JPEGXR else jpeg)(pixel_type, width, height, data)
    if pixels.dtype != np.dtype(_SAMPLES[pixel_type][0]) or pixels.nbytes != expected:
        raise ValueError(f"{pixels.shape} of {pixels.dtype} where {expected} bytes are due")
    return np.ascontiguousarray(pixels).tobytes()


def limit_memory(expected: int) -> None:
    """Limit the memory of this process to what a request may need, if the system has such a limit."""
    try:
        import resource

        with open("/proc/self/status") as status:
            used = next(int(line.split()[1]) << 10 for line in status if line.startswith("VmData"))
    except (ImportError, OSError, StopIteration):
        return
    most = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = used + _ROOM + 8 * expected
    if most != resource.RLIM_INFINITY:
        limit = min(limit, most)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until the input is closed."""
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        codec, pixel_type, width, height, expected, size = REQUEST.unpack(head)
        data = requests.read(size)
        faulthandler.dump_traceback_later(SECONDS + expected / (16 << 20), exit=True)
        limit_memory(expected)
        try:
            status, content = DONE, decode(codec, pixel_type, width, height, expected, data)
        except Exception as error:  # noqa: BLE001 # the border to aicspylibczi and imagecodecs, whose errors share no base
            status, content = FAILED, f"{type(error).__name__}: {error}"[:1000].encode()
        faulthandler.cancel_dump_traceback_later()
        answers.write(ANSWER.pack(status, len(content)))
        answers.write(content)
        answers.flush()


def main(imported: list[str]) -> None:
    """Import the packages that are needed, report that they are there, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets the signal, too, and ends this process
    faulthandler.dump_traceback_later(STARTING, exit=True)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # keep what a library prints out of the answers
    for name in imported:
        __import__(name)
    answers.write(ANSWER.pack(DONE, 0))
    answers.flush()
    faulthandler.cancel_dump_traceback_later()
    serve(requests, answers)


if __name__ == "__main__":
    main(sys.argv[1:])
