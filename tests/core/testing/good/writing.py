"""Good files and folders, written block by block and checked."""

from __future__ import annotations

import json
import os
import struct

from omio_core.contract import Box, CorruptFileError, WriteError, Written, plane_digest, pull

from .reading import SIZES, GoodFile, GoodFolder


def header_of(image):
    """Make the header of an image."""
    t, z, c, y, x = image.shape
    samples = image.metadata.samples
    facts = image.metadata.facts
    header = {key: getattr(facts, key).value for key in SIZES if getattr(facts, key) is not None}
    return {
        "format": "good",
        "name": None,
        **header,
        "shape": [t, z, c // samples, samples, y, x],
        "dtype": image.dtype.newbyteorder("<").str,
        "channels": [None if channel.name is None else channel.name.value for channel in facts.channels],
        "absent": [n for n, box in enumerate(blocks_of(image)) if not exists(image, box)],
    }


def blocks_of(image):
    """Give the boxes to write, in order."""
    t, z, c, y, x = image.shape
    samples = image.metadata.samples
    return [
        Box(((i, i + 1), (j, j + 1), (k, k + samples), (0, y), (0, x)))
        for i in range(t)
        for j in range(z)
        for k in range(0, c, samples)
    ]


def exists(image, box):
    """Whether anything of a box exists."""
    present = image.picture.present
    return present is None or bool(present.hits(box))


def encode(box, pixels):
    """Give the bytes and the digests of a block."""
    data = pixels.astype(pixels.dtype.newbyteorder("<"), order="C").tobytes()
    return data, [plane_digest(plane) for plane in pixels[0, 0]]


def refuse(images, request):
    """Refuse options: there are none."""
    if request.options:
        raise WriteError(f"there is no option {next(iter(request.options))!r}")


def write_file(path, images, request):
    """Write a file."""
    text = json.dumps({"images": [header_of(image) for image in images]}).encode()
    done, digests = 0, []
    with open(path, "wb") as file:
        file.write(b"GOOD" + struct.pack("<I", len(text)) + text)
        for image in images:
            digests.append([])
            for _, (data, planes) in pull(image.picture, blocks_of(image), encode, workers=request.workers):
                file.write(data)
                digests[-1] += planes
                done += len(data)
                if request.progress is not None:
                    request.progress(done)
    return Written(digests=tuple(map(tuple, digests)) if request.digests else None)


def write_folder(path, images, request):
    """Write a folder."""
    (image,) = images
    done = 0
    os.mkdir(os.path.join(path, "planes"))
    boxes = blocks_of(image)
    for number, (box, (data, _)) in enumerate(pull(image.picture, boxes, encode, workers=request.workers)):
        if exists(image, box):
            with open(os.path.join(path, "planes", f"{number}.raw"), "wb") as file:
                file.write(data)
        done += len(data)
        if request.progress is not None:
            request.progress(done)
    with open(os.path.join(path, "picture.json"), "w", encoding="utf-8") as file:
        json.dump({"images": [header_of(image)]}, file)
    return Written()


def check_file(path, images):
    """Check the header and the size of a file."""
    from omio_core.contract import locate

    opened = GoodFile(locate(path), 0)
    opened.close()
    if [header["shape"][0] for header in opened.headers] != [image.shape[0] for image in images]:
        raise CorruptFileError("other images are in the file")


def check_folder(path, images):
    """Check that every block that exists is there, with its size."""
    from omio_core.contract import locate

    location = locate(path)
    if not location.child("picture.json").exists:
        raise CorruptFileError("there is no picture.json")
    GoodFolder(location).close()
    (image,) = images
    for number, box in enumerate(blocks_of(image)):
        plane = location.child(f"planes/{number}.raw")
        if exists(image, box) and (not plane.exists or plane.stamp().size != box.size * image.dtype.itemsize):
            raise CorruptFileError(f"{plane.name} is missing or cut short")
