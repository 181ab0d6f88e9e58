"""What is said about who may do what, and about what the doctor found."""

from collections.abc import Sequence

from bot.access import MAY, Role, Standing, ask_whom, may
from bot.slack.blocks import Message, bullets, context, escape, section
from bot.wing import Command
from engine.doctor.report import Finding, Report, Verdict
from engine.settings import Settings

# Where more is wrong, the first of it is the cause of much of the rest.
TOLD = 20


def overview(settings: Settings, standing: Standing, commands: Sequence[Command]) -> Message:
    """A person's role, the rule it comes from, and what each role may do."""
    lines = [f"*{role.word.capitalize()}* may {what}." for role, what in MAY.items()]
    barred = [command.name for command in commands if not may(standing, command.needs)]
    blocks = [section(f"{_who(standing)}{_source(standing)}"), section(bullets(lines))]
    if barred:
        names = ", ".join(f"`{name}`" for name in barred)
        blocks.append(section(f"You may not: {names}. {_ask(settings)}"))
    return Message(_who(standing), [*blocks, context("`/mmm why COMMAND` explains one of them.")])


def decisions(settings: Settings, standing: Standing, commands: Sequence[Command]) -> Message:
    """Whether a person may do each of these, and why."""
    lines = [_decision(standing, command) for command in commands]
    blocks = [section(bullets(lines)), section(f"{_who(standing)}{_source(standing)}")]
    if not all(may(standing, command.needs) for command in commands):
        blocks.append(section(_ask(settings)))
    return Message(" ".join(lines).replace("*", "").replace("`", ""), blocks)


def _decision(standing: Standing, command: Command) -> str:
    if command.needs is Role.NONE:
        return f"`{command.name}`: *yes*, everybody may."
    answer = "yes" if may(standing, command.needs) else "no"
    return f"`{command.name}`: *{answer}*, it takes {command.needs.word}."


def _who(standing: Standing) -> str:
    who = "You cannot use this app." if standing.role is Role.NONE else f"You are {standing.role.word} here."
    if not standing.sure:
        who += " Slack does not answer just now, so you can change nothing until it does."
    return f"{who} {standing.rule}"


def _source(standing: Standing) -> str:
    return f" (Setting `{standing.setting}`.)" if standing.setting else ""


def _ask(settings: Settings) -> str:
    whom = ask_whom(settings, mention=True)
    return f"To change that, ask {whom if whom.endswith('>') else escape(whom)}."


def looking() -> Message:
    """The answer to `/mmm doctor`, at once."""
    text = "Looking at every setting, secret, permission and connection … I tell you in our direct messages."
    return Message(text, [section(text)])


def examined(report: Report) -> Message:
    """What the doctor found: what is wrong with its fix, then what could not be looked at, then what is well."""
    wrong = [*report.with_verdict(Verdict.FAILED), *report.with_verdict(Verdict.WARNING)]
    blocks = [section(f"*{report.summary}*"), *(section(_wrong(finding)) for finding in wrong[:TOLD])]
    if len(wrong) > TOLD:
        blocks.append(section(f"… and {len(wrong) - TOLD} more: `mmm doctor` shows all of it in a terminal."))
    if skipped := report.with_verdict(Verdict.SKIPPED):
        lines = [f"{finding.check}: {escape(finding.found)}" for finding in skipped]
        blocks.append(section("*Not looked at*\n" + bullets(lines)))
    if well := report.with_verdict(Verdict.OK):
        blocks.append(context("Well: " + ", ".join(finding.check for finding in well) + "."))
    return Message(report.summary, blocks)


def _wrong(finding: Finding) -> str:
    told = f"*{finding.check}* ({finding.verdict.value}): {escape(finding.found)}"
    return f"{told}\n```{escape(finding.fix)}```" if finding.fix else told
