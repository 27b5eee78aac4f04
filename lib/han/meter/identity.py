"""Finds out the manufacturer and the model of the meter from texts in its telegrams.

The texts are the P1 ident line, the COSEM logical device name, the system title of ciphered
telegrams, the list's name, the type text, and the manufacturer's letters in SML. A manufacturer is
a FLAG code of the DLMS User Association. A code that is not in the tables is shown as it was sent.
"""

from .reading import LIST_VERSION, MANUFACTURER, METER_ID, METER_TYPE, NAME, P1_IDENT, text

# P1: (opening of the ident line behind '/XXX', FLAG code or None for XXX, model). Meters of different
# grid companies have different idents.
_MODELS = (
    ("5\\253", "SAG", "S211"),
    ("5\\2M550", None, "AM550"),
    ("9\\2M551", None, "AM550"),
    ("5 2M550", None, "AM550"),
    ("5\\2MT382", None, "MT382"),
    ("5KAIFA-METER", None, "MA304"),
    ("5LGBBFF", "LGZ", "E350"),
    ("5E360", None, "E360"),
    ("5SAG-METER", None, "SX631"),
    ("5G35", None, "GAMA 350"),
)
# Lists with a type text: (its opening, FLAG code, model or None for the text itself).
_TYPES = (
    ("MA1", "KFM", None),
    ("MA3", "KFM", None),
    ("684", "KAM", "OMNIPOWER"),
    ("686", "KAM", "OMNIPOWER"),
    ("65", "ADN", None),
    ("75", "ADN", None),
)
# (Opening of a list's name, FLAG code).
_LISTS = (("KFM", "KFM"), ("Kamstrup", "KAM"), ("AIDON", "ADN"))
# FLAG code in a logical device name or a system title -> model.
_MAKERS = {
    "ISK": "AM550",
    "LGZ": "E450",
    "KFM": "MA309",
    "KAM": "OMNIPOWER",
    "SAG": "T210-D",
    "SMS": "IM350",
}
# FLAG code of a P1 ident with nothing behind the code -> model.
_SHORT = {"KAM": "OMNIA"}


def _flag(text):
    """The three letters at the beginning of a device name or system title (text or hex digits), else None."""
    head = readable(text[:6]) if text else ""
    head = (head if len(head) == 3 else text[:3]).upper() if text else ""
    return head if len(head) == 3 and all("A" <= c <= "Z" for c in head) else None


def identify(ident, type_text, list_name, device_name, title, code=None):
    """(FLAG code, model), each a text or None, from a meter's texts, each a text or None.

    code: the manufacturer's letters in SML. German meters have other models than those in the tables.
    """
    if ident:
        rest = ident[4:]
        for opening, maker, model in _MODELS:
            if rest.startswith(opening):
                return maker or ident[1:4].upper(), model
        return ident[1:4].upper(), _SHORT.get(ident[1:4].upper()) or rest[1:].strip("\\ ") or None
    if type_text:
        for opening, maker, model in _TYPES:
            if type_text.startswith(opening):
                return maker, model or type_text
    if code:
        return _flag(code), type_text
    maker = _flag(device_name) or _flag(title)
    if not maker and list_name:
        for opening, flag in _LISTS:
            if list_name.startswith(opening):
                maker = flag
    return maker, type_text or _MAKERS.get(maker)


def of(live):
    """(FLAG code, model, number as it is printed on the meter), each a text or None, from the texts of a Live."""
    said = live.text
    title = text(live.title) if live.title else None
    maker, model = identify(
        said(P1_IDENT), said(METER_TYPE), said(LIST_VERSION), said(NAME), title, said(MANUFACTURER)
    )
    number = said(METER_ID)
    return maker, model, readable(number) if number else None


def readable(number):
    """A meter's number as it is printed on the meter. P1 sends the hex digits of its characters."""
    if len(number) % 2:
        return number
    plain = ""
    for i in range(0, len(number), 2):
        try:
            character = chr(int(number[i:i + 2], 16))
        except ValueError:
            return number
        if not ("0" <= character <= "9" or "A" <= character <= "Z" or "a" <= character <= "z"):
            return number
        plain += character
    return plain
