"""Vietnamese text: order, numbers and time as Vietnamese readers expect them."""

import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

# Days and periods are those of Viet Nam, wherever the server stands.
LOCAL_TIME = ZoneInfo("Asia/Ho_Chi_Minh")

LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # huyền hỏi ngã sắc nặng
SHAPES = {"\u0306", "\u0302", "\u031b"}  # breve, circumflex, horn


def nfc(text: str) -> str:
    """The text composed (NFC), inner white space folded, ends trimmed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def sort_key(text: str) -> str:
    """A key that sorts under the C collation as Vietnamese sorts: letters first, then tones.

    Letters in the order a ă â b c d đ e ê … (TCVN 6909); among equal letters the tones in the
    order none, huyền, hỏi, ngã, sắc, nặng; digits before letters.
    """
    primary, tones = [], []
    letter = ""
    for char in unicodedata.normalize("NFD", text.casefold()) + "\0":
        if char in SHAPES and letter:
            letter += char
            continue
        if char in TONES and tones:
            tones[-1] = str(TONES[char])
            continue
        if letter:
            primary[-1] = rank(unicodedata.normalize("NFC", letter))
        letter = char
        primary.append("")
        tones.append("0")
    # The blank comes before every letter: a name stands before the longer one that begins with it.
    return "".join(primary[:-1]) + " " + "".join(tones[:-1])


def rank(letter: str) -> str:
    """The place of one letter as two ASCII characters; what is no letter comes before."""
    place = LETTERS.find(letter)
    if place >= 0:
        return f"b{chr(ord('A') + place // 6)}{place % 6}"
    return f"a{ord(letter[0]):05d}"


def decimal_comma(value: Decimal | float | None, digits: int = 2) -> str:
    """A number as Vietnamese print it, half rounded up: `82,28`; a dash when there is none."""
    if value is None:
        return "–"
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    rounded += 0  # without the sign of a negative zero
    return f"{rounded:,.{digits}f}".replace(",", " ").replace(".", ",").replace(" ", ".")
