"""ScanInformation: the acquisition of a picture, as nested entries; it knows no file and no picture.

"Image File Format Description LSM 5/7, Release 6.0 (ZEN 2010)" of Carl Zeiss: an entry is a number, a type (0 begins a
block, or ends it with the number 0xFFFFFFFF; 2 text, 4 long, 5 double) and a size, followed by that many bytes. The
outermost block is the recording; it has lists of lasers, tracks, timers and markers; a track has lists of detection
channels, illumination channels, beam splitters and data channels. Entries without a name here are named by number.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any

_ENTRY = struct.Struct("<III")
_RECORDING, _END = 0x10000000, 0xFFFFFFFF
_TEXT, _LONG, _DOUBLE = 2, 4, 5
_DEEPEST = 16
_MOST = 1 << 16  # entries

_LISTS: Mapping[int, str] = {
    0x20000000: "Tracks", 0x30000000: "Lasers", 0x60000000: "DetectionChannels", 0x80000000: "IlluminationChannels",
    0xA0000000: "BeamSplitters", 0xC0000000: "DataChannels", 0x11000000: "Timers", 0x13000000: "Markers",
}  # fmt: skip
_ITEMS = frozenset((0x40000000, 0x50000000, 0x70000000, 0x90000000, 0xB0000000, 0xD0000000, 0x12000000, 0x14000000))

# The names of the entries of a block, as "number name" with the number in base 16
_NAMED: Mapping[int, str] = {
    0x10000000: """
        01 Name 02 Description 03 Notes 04 Objective 05 ProcessingSummary 06 SpecialScanMode 07 ScanType 08 ScanMode
        09 NumberOfStacks 0a LinesPerPlane 0b SamplesPerLine 0c PlanesPerVolume 0d ImagesWidth 0e ImagesHeight
        0f ImagesNumberPlanes 10 ImagesNumberStacks 11 ImagesNumberChannels 12 LinescanXySize 13 ScanDirection
        14 TimeSeries 15 OriginalScanData 16 ZoomX 17 ZoomY 18 ZoomZ 19 Sample0X 1a Sample0Y 1b Sample0Z
        1c SampleSpacing 1d LineSpacing 1e PlaneSpacing 1f PlaneWidth 20 PlaneHeight 21 VolumeDepth 23 Nutation
        34 Rotation 35 Precession 36 Sample0Time 37 StartScanTriggerIn 38 StartScanTriggerOut 39 StartScanEvent
        40 StartScanTime 41 StopScanTriggerIn 42 StopScanTriggerOut 43 StopScanEvent 44 StopScanTime 45 UseRois
        46 UseReducedMemoryRois 47 User 48 UseBcCorrection 49 PositionBcCorrection1 50 PositionBcCorrection2
        51 InterpolationY 52 CameraBinning 53 CameraSupersampling 54 CameraFrameWidth 55 CameraFrameHeight
        56 CameraOffsetX 57 CameraOffsetY 59 RtBinning 5a RtFrameWidth 5b RtFrameHeight 5c RtRegionWidth
        5d RtRegionHeight 5e RtOffsetX 5f RtOffsetY 60 RtZoom 61 RtLinePeriod 62 Prescan 63 ScanDirectionZ""",
    0x40000000: """
        01 MultiplexType 02 MultiplexOrder 03 SamplingMode 04 SamplingMethod 05 SamplingNumber 06 Acquire
        07 SampleObservationTime 0b TimeBetweenStacks 0c Name 0d Collimator1Name 0e Collimator1Position
        0f Collimator2Name 10 Collimator2Position 11 IsBleachTrack 12 IsBleachAfterScanNumber 13 BleachScanNumber
        14 TriggerIn 15 TriggerOut 16 IsRatioTrack 17 BleachCount 18 SpiCenterWavelength 19 PixelTime
        21 CondensorFrontlens 23 FieldStopValue 24 IdCondensorAperture 25 CondensorAperture 26 IdCondensorRevolver
        27 CondensorFilter 28 IdTransmissionFilter1 29 IdTransmission1 30 IdTransmissionFilter2 31 IdTransmission2
        32 RepeatBleach 33 EnableSpotBleachPos 34 SpotBleachPosX 35 SpotBleachPosY 36 SpotBleachPosZ 37 IdTubelens
        38 IdTubelensPosition 39 TransmittedLight 3a ReflectedLight 3b SimultanGrabAndBleach 3c BleachPixelTime""",
    0x50000000: "01 Name 02 Acquire 03 Power",
    0x70000000: """
        01 IntegrationMode 02 SpecialMode 03 DetectorGainFirst 04 DetectorGainLast 05 AmplifierGainFirst
        06 AmplifierGainLast 07 AmplifierOffsFirst 08 AmplifierOffsLast 09 PinholeDiameter 0a CountingTrigger
        0b Acquire 0c PointDetectorName 0d AmplifierName 0e PinholeName 0f FilterSetName 10 FilterName
        13 IntegratorName 14 ChannelName 15 DetectorGainBc1 16 DetectorGainBc2 17 AmplifierGainBc1
        18 AmplifierGainBc2 19 AmplifierOffsetBc1 20 AmplifierOffsetBc2 21 SpectralScanChannels
        22 SpiWavelengthStart 23 SpiWavelengthStop 26 DyeName 27 DyeFolder""",
    0x90000000: "01 Name 02 Power 03 Wavelength 04 Acquire 05 DetchannelName 06 PowerBc1 07 PowerBc2",
    0xB0000000: "01 FilterSet 02 Filter 03 Name",
    0xD0000000: """
        01 Name 04 Color 05 SampleType 06 BitsPerSample 07 RatioType 08 RatioTrack1 09 RatioTrack2 0a RatioChannel1
        0b RatioChannel2 0c RatioConst1 0d RatioConst2 0e RatioConst3 0f RatioConst4 10 RatioConst5 11 RatioConst6
        12 RatioFirstImages1 13 RatioFirstImages2 14 DyeName 15 DyeFolder 16 Spectrum 17 Acquire""",
    0x12000000: "01 Name 02 Description 03 Interval 04 TriggerIn 05 TriggerOut 06 ActivationTime 07 ActivationNumber",
    0x14000000: "01 Name 02 Description 03 TriggerIn 04 TriggerOut",
}


def _names() -> dict[int, str]:
    names: dict[int, str] = {}
    for block, text in _NAMED.items():
        words = text.split()
        names.update({block + int(n, 16): name for n, name in zip(words[::2], words[1::2], strict=True)})
    return names


_NAMES: Mapping[int, str] = _names()


def _entries(data: bytes) -> Iterator[tuple[int, int, bytes, int]]:
    """Yield the number, type, bytes and end of each entry, up to the end of the recording."""
    at, depth = 0, 0
    for _ in range(_MOST):
        if at + _ENTRY.size > len(data):
            return
        number, kind, size = _ENTRY.unpack_from(data, at)
        start = at + _ENTRY.size
        if start + size > len(data) or (at == 0 and number != _RECORDING):
            return
        at = start + size
        yield number, kind, data[start:at], at
        if kind == 0:
            depth += -1 if number == _END else 1
        if depth <= 0 or depth > _DEEPEST:
            return


def length_of(data: bytes) -> int:
    """Bytes of the block at the start of `data`; 0 if the block does not end in it."""
    depth, end = 0, 0
    for number, kind, _, stop in _entries(data):
        if kind == 0:
            depth += -1 if number == _END else 1
        end = stop
    return end if depth == 0 else 0


def parse(data: bytes) -> dict[str, Any]:
    """Parse the recording to nested plain values, as far as it is readable.

    Examples
    --------
    >>> import struct
    >>> entries = [(0x10000000, 0, b""), (0x10000001, 2, b"a cell\\0"), (0xFFFFFFFF, 0, b"")]
    >>> parse(b"".join(struct.pack("<III", n, kind, len(value)) + value for n, kind, value in entries))
    {'Name': 'a cell'}
    """
    recording: dict[str, Any] = {}
    stack: list[Any] = []
    for number, kind, value, _ in _entries(data):
        if kind != 0:
            if stack and isinstance(stack[-1], dict):
                stack[-1].setdefault(_NAMES.get(number, f"Entry0x{number:08x}"), _value(kind, value))
        elif number == _END:
            stack.pop()
        elif number == _RECORDING:
            stack.append(recording)
        else:
            stack.append(_inner(stack[-1], number))
    return recording


def _inner(outer: Any, number: int) -> Any:
    """Add a list or block inside another one; one in an unexpected place is stored under its number."""
    inner: Any = [] if number in _LISTS else {}
    if isinstance(outer, list):
        outer.append(inner)
    elif number in _ITEMS or number not in _LISTS:
        outer[f"Entry0x{number:08x}"] = inner
    else:
        outer[_LISTS[number]] = inner
    return inner


def _value(kind: int, value: bytes) -> Any:
    """A text, a number, or the bytes in hexadecimal where the type is unknown."""
    if kind == _TEXT:
        return value.partition(b"\0")[0].decode("cp1252", "replace").strip()
    if kind == _LONG and len(value) == 4:
        return struct.unpack("<i", value)[0]
    if kind == _DOUBLE and len(value) == 8:
        return struct.unpack("<d", value)[0]
    return value.hex()
