"""A short run of the lists; `make fuzz` does the long ones and compares the interpreters."""
from tests.fuzz import lists, walk


def test_no_field_is_lost_and_none_invented():
    for kind in sorted(lists.LONG):
        right, first, _ = lists.run(kind, 300, 7)
        assert right == 300, first


def test_the_lists_say_something():
    maker = lists.Maker(3)
    for kind in sorted(lists.LONG):
        said = [walk.expected(getattr(maker, kind)()) for _ in range(200)]
        assert sum([len(one) for one in said]) > 400, kind
        assert any([isinstance(value, float) or value == 0 for one in said for value in one.values()])
