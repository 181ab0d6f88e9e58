"""What `mmm` says in a terminal when several things are wrong, and what it does without saying anything."""

from bot.cli import main
from tests.training_folder import training_folder


def test_several_problems_are_listed_a_line_each(tmp_path, capsys):
    folder = training_folder(tmp_path, context_vars=["WEATHER"], iterations="many", organic_vars=["POSTS"])
    assert main(["train", str(folder), str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("mmm: This cannot be trained on.")
    assert all(line.startswith("- ") for line in said[1:])
    assert any("many" in line for line in said)
    assert any("WEATHER" in line for line in said)


def test_one_problem_is_told_in_a_sentence(tmp_path, capsys):
    folder = training_folder(tmp_path, iterations="many")
    assert main(["train", str(folder), str(tmp_path / "out")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_trainer_can_be_compiled_ahead(capsys):
    assert main(["warm-up"]) == 0
    assert capsys.readouterr().err == ""
