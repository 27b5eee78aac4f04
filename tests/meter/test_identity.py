"""Makers and models, found from the texts of recorded meters."""
from han.meter.identity import identify, readable


def test_p1_idents():
    for ident, maker, model in (
        ("/ISK5\\2M550T-1011", "ISK", "AM550"),
        ("/ISK9\\2M551T-200", "ISK", "AM550"),
        ("/ISk5\\2MT382-1000", "ISK", "MT382"),
        ("/KFM5KAIFA-METER", "KFM", "MA304"),
        ("/LGF5E360", "LGF", "E360"),
        ("/KAM5", "KAM", "OMNIA"),
        ("/ELL5\\253833635_A", "SAG", "S211"),
        ("/FLU5\\253769484_A", "SAG", "S211"),
        ("/XMX5LGBBFFB231314239", "LGZ", "E350"),
        ("/EGM5G35", "EGM", "GAMA 350"),
        ("/ABC5new thing", "ABC", "new thing"),
        ("/ABC5", "ABC", None),
    ):
        assert identify(ident, None, None, None, None) == (maker, model), ident


def test_lists_names_and_titles():
    for traces, maker, model in (
        (("MA304H3E", "KFM_001", None, None), "KFM", "MA304H3E"),
        (("6841131BN243101040", "Kamstrup_V0001", None, None), "KAM", "OMNIPOWER"),
        (("6534", "AIDON_V0001", None, None), "ADN", "6534"),
        ((None, None, "ISK1030775213859", None), "ISK", "AM550"),
        ((None, None, "LGZ1030655933512", None), "LGZ", "E450"),
        ((None, None, None, "4B464D6700000001"), "KFM", "MA309"),
        ((None, None, None, "SMSgABCD"), "SMS", "IM350"),
        ((None, "Kamstrup_V0001", None, None), "KAM", "OMNIPOWER"),
        ((None, None, None, None), None, None),
        (("new type", None, None, None), None, "new type"),
    ):
        assert identify(None, *traces) == (maker, model), traces
    # Makers of meters with SML have other models there.
    assert identify(None, None, None, None, None, "ISK") == ("ISK", None)
    assert identify(None, None, None, None, None, "HAGER") == ("HAG", None)


def test_numbers_as_printed_on_the_meter():
    assert readable("4530303034303031353931303932323134") == "E0004001591092214"
    for plain in ("6970631403275928", "E0004001591092214", "00000000000000", "0123456789ABCDEF", "123", ""):
        assert readable(plain) == plain
