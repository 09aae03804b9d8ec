"""Says of a made picture that a machine made it: in its metadata always, on its face when asked.

The metadata is XMP with IPTC's DigitalSourceType ``trainedAlgorithmicMedia``, the term that picture editors, search
engines and the labelling rules of several jurisdictions know for pictures made by a trained model.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
VISIBLE = "AI-generated"
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>
<xmp:CreatorTool>{tool}</xmp:CreatorTool>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def xmp_of(tool: str) -> bytes:
    """The XMP packet of a made picture.

    Args:
        tool: what made it, e.g. "fitroom 0.1.0, tryon-compact 39846cdf59b3".
    """
    return _PACKET.format(source=SOURCE_TYPE, tool=escape(tool)).encode()


def with_visible_label(image_u8: np.ndarray) -> np.ndarray:
    """The picture with "AI-generated" in its lower right corner, white on a dark plate, a thirtieth of its height.

    Args:
        image_u8: (H, W, 3) uint8 RGB; stays as it is.

    Returns:
        (H, W, 3) uint8.
    """
    image = Image.fromarray(image_u8)
    draw = ImageDraw.Draw(image)
    height = max(min(image.height // 30, image.width // 10), 8)
    font = ImageFont.load_default(height)
    left, top, right, bottom = draw.textbbox((0, 0), VISIBLE, font=font)
    margin = height // 2
    x, y = image.width - (right - left) - 2 * margin, image.height - (bottom - top) - 2 * margin
    draw.rectangle((x - margin, y - margin, image.width, image.height), fill=(24, 24, 24))
    draw.text((x - left, y - top), VISIBLE, font=font, fill=(255, 255, 255))
    return np.asarray(image)
