"""The trainers: those that the form offers are there, where it is this machine that trains."""

from collections.abc import Iterator

from engine.doctor.report import Finding, failed, ok, skipped
from engine.doctor.subject import Check, Subject, on_this_machine
from engine.robyn.installed import missing

R_ANSWERS_WITHIN = 30.0


def look(subject: Subject) -> Iterator[Finding]:
    """Where trainings run in an image, the image holds the trainers: nobody here can look into it."""
    offered = subject.settings.trainers
    if not on_this_machine(subject.settings.run_url):
        yield skipped(f"The form offers {' and '.join(offered)}: the training image must hold them, and was built so.")
        return
    lacking = missing(R_ANSWERS_WITHIN) if "robyn" in offered else ()
    for one in lacking:
        leave_out = """Or offer the native trainer alone: MMM_TRAINERS='["native"]'."""
        yield failed(f"The form offers Robyn, and this machine lacks {one.what}.", f"{one.how}\n{leave_out}")
    if not lacking:
        yield ok(f"The form offers {' and '.join(offered)}, and this machine can train so.")


CHECKS = (Check("trainers", look, ("worker",), seconds=40.0),)
