import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemel.data.splits import Split, split_classes
from gemel.errors import DataError

CLASSES = tuple(
    f"images_{part}/alphabet{alphabet}/character{character}"
    for part, alphabets in {"background": range(8), "evaluation": range(8, 12)}.items()
    for alphabet in alphabets
    for character in range(5)
)


def group_of(position: int) -> str:
    return CLASSES[position].rpartition("/")[0]


def parts(split: Split) -> list[set[int]]:
    return [set(split.train), set(split.validation), set(split.test)]


@given(
    seed=st.integers(0, 2**40),
    by=st.sampled_from(["class", "group"]),
    validation=st.floats(0.0, 0.4),
    test=st.floats(0.0, 0.4),
)
@settings(max_examples=60, deadline=None)
def test_every_class_is_in_one_part_and_groups_stay_whole(seed: int, by: str, validation: float, test: float) -> None:
    split = split_classes(CLASSES, by, validation, test, seed=seed)
    train, held, reported = parts(split)
    assert train | held | reported == set(range(60))
    assert len(train) + len(held) + len(reported) == 60
    assert (len(held) > 0, len(reported) > 0) == (validation > 0, test > 0)
    if by == "group":
        groups = [{group_of(position) for position in part} for part in (train, held, reported)]
        assert sum(map(len, groups)) == 12
    assert split == split_classes(CLASSES, by, validation, test, seed=seed)


def test_another_seed_another_choice() -> None:
    assert len({split_classes(CLASSES, seed=seed).test for seed in range(20)}) == 20


def test_shares_are_as_asked() -> None:
    assert [len(part) for part in parts(split_classes(CLASSES, validation=0.2, test=0.1))] == [42, 12, 6]
    assert [len(part) for part in parts(split_classes(CLASSES, "group", validation=0.25, test=0.5))] == [15, 15, 30]


def test_patterns_name_a_part_and_shares_are_of_the_rest() -> None:
    split = split_classes(CLASSES, "group", validation=0.25, test=["images_evaluation/*"])
    assert split.test == tuple(range(40, 60))
    assert len(split.validation) == 10
    assert len({group_of(position) for position in split.validation}) == 2


def test_parts_by_lists_alone() -> None:
    split = split_classes(CLASSES, validation=["*/alphabet1/*"], test=CLASSES[50:53], train=["*/alphabet0/*"])
    assert split == Split(train=tuple(range(5)), validation=tuple(range(5, 10)), test=(50, 51, 52))


def test_a_name_with_brackets_is_itself() -> None:
    classes = ("a[1]", "a1", "b", "c", "d", "e")
    assert split_classes(classes, validation=0, test=["a[1]", "b"]).test == (0, 1, 2)
    assert split_classes(classes, validation=0, test=["a1", "c"]).test == (1, 3)


def test_upper_and_lower_case_are_apart() -> None:
    with pytest.raises(DataError, match="no class fits the test pattern 'IMAGES_evaluation"):
        split_classes(CLASSES, test=["IMAGES_evaluation/*"])


def test_six_classes_are_just_enough() -> None:
    assert [len(part) for part in parts(split_classes("abcdef"))] == [2, 2, 2]


@pytest.mark.parametrize(
    ("classes", "options", "message"),
    [
        ("abcde", {}, "the train part has 1 of 5 class(es), and needs at least 2; add classes"),
        ("a", {}, "the train part has 0 of 1 class(es)"),
        ("a", {"validation": 0, "test": 0}, "the train part has 1 of 1 class(es)"),
        (["g/a", "g/b", "g/c"], {"by": "group"}, "add groups, split by class, or set validation or test to 0"),
        (["g/a", "h/b", "i/c", "i/d"], {"by": "group", "test": 0}, "class(es), and needs at least 2; add groups"),
        (CLASSES, {"by": "item"}, "a split by 'item' is unknown. Known: class, group."),
        (CLASSES, {"test": 1.0}, "the test share is 1.0; it must be in [0, 1), such as 0.15"),
        (CLASSES, {"validation": -0.1}, "the validation share is -0.1; it must be in [0, 1), such as 0.15"),
        (CLASSES, {"validation": 0.6, "test": 0.6}, "the train part has 0 of 60 class(es)"),
        (CLASSES, {"train": 0.7}, "the train part is what is left, or a list of classes or patterns"),
        (CLASSES, {"test": ["images_eval/*"]}, "no class fits the test pattern 'images_eval/*'"),
        (CLASSES, {"test": []}, "the test part has 0 of 60 class(es)"),
        (CLASSES, {"test": [CLASSES[3]]}, "the test part has 1 of 60 class(es)"),
        (
            CLASSES,
            {"test": ["*/alphabet1/*"], "validation": ["images_background/*"]},
            "named for both test and validation",
        ),
    ],
)
def test_refused_with_advice(classes: list[str], options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError) as caught:
        split_classes(classes, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
