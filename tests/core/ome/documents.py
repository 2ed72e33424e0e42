"""Small OME-XML documents, and what of one is left as it is."""

from __future__ import annotations

from omio_core.ome import read

NS = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def document(pixels: str = "", *, image: str = "", rest: str = "", attributes: str = "", sizes: str = "", ns=NS) -> str:
    sizes = sizes or 'SizeX="4" SizeY="3" SizeZ="2" SizeC="1" SizeT="5"'
    return (
        f'<OME xmlns="{ns}" UUID="urn:uuid:1" Creator="me">{rest}<Image ID="Image:0" Name="one">{image}'
        f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" {sizes} {attributes}>{pixels}</Pixels>'
        f"</Image></OME>"
    )


OLD = """<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2008-02">
  <Instrument ID="I:0"><Objective ID="Objective:0" Manufacturer="M"><Correction>PlanApo</Correction>
    <LensNA>1.4</LensNA><NominalMagnification>60</NominalMagnification><Empty/></Objective></Instrument>
  <Image ID="Image:0" Name="old" DefaultPixels="Pixels:1"><CreationDate>2008-03-04T05:06:07</CreationDate>
    <ObjectiveRef ID="Objective:0"/>
    <LogicalChannel ID="L:0" Name="GFP" ExWave="488" EmWave="509" Fluor="EGFP" SamplesPerPixel="1">
      <ChannelComponent Index="0" Pixels="Pixels:1"/></LogicalChannel>
    <LogicalChannel ID="L:1" EmWave="0"><ChannelComponent Index="1" Pixels="Pixels:1"/></LogicalChannel>
    <Pixels ID="Pixels:0" DimensionOrder="XYZCT" PixelType="int8" BigEndian="true" SizeX="1" SizeY="1" SizeZ="1"
      SizeC="1" SizeT="1"/>
    <Pixels ID="Pixels:1" DimensionOrder="XYCZT" PixelType="Uint16" BigEndian="true" SizeX="4" SizeY="3" SizeZ="2"
      SizeC="2" SizeT="1" PhysicalSizeX="0.1" PhysicalSizeY="0.2" PhysicalSizeZ="0.5" TimeIncrement="1.5">
      <TiffData IFD="1" NumPlanes="3"/>
      <Plane TheZ="1" TheC="0" TheT="0"><PlaneTiming DeltaT="2.5" ExposureTime="0.1"/>
        <StagePosition PositionX="1" PositionY="2" PositionZ="3"/></Plane></Pixels></Image></OME>"""


def rest(text: str, index: int = 0) -> str:
    return read.ome_facts(text, index).annotations.get("ome/xml", {}).get("Remainder", "")


def of_planes(planes: str) -> str:
    return (
        '<OME><Image><Pixels DimensionOrder="XYZCT" Type="uint8" SizeX="4" SizeY="3" SizeZ="2" SizeC="2" SizeT="3">'
        f'<Channel Name="a"/><Channel Name="b"/>{planes}</Pixels></Image></OME>'
    )
