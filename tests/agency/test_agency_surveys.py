"""surveys.yaml: what is taken from it, and each mistake with its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from civicline.agency import pack
from civicline.agency.mistakes import Mistake, PackError
from civicline.core.survey import of_line

DEMO = Path(__file__).parents[2] / "agencies" / "demo"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO, tmp_path / "pack"))


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "surveys.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def mistakes(folder: Path) -> list[Mistake]:
    with pytest.raises(PackError) as caught:
        pack.read(folder)
    return caught.value.mistakes


def test_the_demonstration_asks_the_three_questions() -> None:
    agency = pack.read(DEMO).agency
    found = of_line(agency, "100")
    assert found is not None and found.share == 1
    assert [each.counts_as for each in found.questions] == ["calls_so_far", "all_answered", "no_further_contact"]
    assert found.questions[0].keys == {str(n): str(n) for n in range(1, 10)}
    assert found.questions[2].keys == {"1": "yes", "2": "no"}
    assert agency.prompts["survey.after_call.settled"].keys() == {"en", "es"}


def test_a_pack_may_have_no_survey(folder: Path) -> None:
    (folder / "surveys.yaml").unlink()
    without = pack.read(folder)
    assert without.agency.surveys == {} and without.digest != pack.read(DEMO).digest


def test_a_recording_takes_the_place_of_a_question(folder: Path) -> None:
    (folder / "prompts" / "en").mkdir(exist_ok=True)
    (folder / "prompts" / "en" / "survey.after_call.time.wav").write_bytes(b"")
    (found,) = mistakes(folder)
    assert "no prompt of this name" in found.message


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ("  share: 1\n", "  share: 1.5\n", "after_call.share", "'1.5' does not do"),
        ("  share: 1\n", "  share: 1\n  lines: ['911']\n", "after_call.lines[0]", "not in lines.yaml"),
        ("    es: Gracias.", "    fr: Merci.", "after_call.thanks", "no text in 'es'"),
        ("counts_as: all_answered", "counts_as: answered", "after_call.questions.answered.counts_as", "does not do"),
        (
            "counts_as: all_answered",
            "counts_as: no_further_contact",
            "after_call.questions.settled.counts_as",
            "already",
        ),
        ("keys: {1: 1,", "keys: {1: once,", "after_call.questions.times.keys", "not numbers"),
        ('keys: {1: "yes", 2: "no"}', 'keys: {1: "yes"}', "after_call.questions.answered.keys", "not yes and no"),
        ('keys: {1: "yes", 2: "no"}', "keys: {}", "after_call.questions.answered.keys", "a mapping does not do"),
        ("    answered:\n", "    thanks:\n", "after_call.questions.thanks", "another prompt"),
        (
            "    answered:\n",
            "    answered:\n      tries: 9\n",
            "after_call.questions.answered.tries",
            "'9' does not do",
        ),
    ],
)
def test_a_mistake_is_named(folder: Path, old: str, new: str, field: str, message: str) -> None:
    change(folder, old, new)
    found = [each for each in mistakes(folder) if each.field == field]
    assert found, [str(each) for each in mistakes(folder)]
    assert message in found[0].message and found[0].mend


def test_a_question_lacks_a_language(folder: Path) -> None:
    path = folder / "agency.yaml"
    path.write_text(path.read_text().replace("[en, es]", "[en, es, vi]"))
    fields = {each.field for each in mistakes(folder) if each.file == "surveys.yaml"}
    assert {"after_call.invitation", "after_call.thanks", "after_call.questions.times.prompt"} <= fields


@pytest.mark.parametrize("lines", ["", "  lines: ['100']\n"])
def test_nobody_is_asked_by_two_surveys(folder: Path, lines: str) -> None:
    path = folder / "surveys.yaml"
    second = path.read_text().replace("after_call:", f"second:\n{lines}".rstrip("\n"), 1)
    path.write_text(path.read_text() + second)
    (found,) = mistakes(folder)
    assert found.field == "second.lines" or found.field == "second"
    assert "surveyed once" in found.message
