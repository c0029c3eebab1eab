"""`python -m lfx.study`: run a whole study, and resume it after a kill."""

from __future__ import annotations

from lfx.command.entry import Job, run_stage
from lfx.command.roots.study import StudyConfig


def study(config: StudyConfig, job: Job) -> None:
    """Run the steps that are not done yet; the last one prints the study's table."""
    from lfx.studies.carry_out import carry_out
    from lfx.studies.steps import plan_steps

    # As it was typed: a step composes it again, with a user's own options too.
    logger = [text for text in job.overrides if text.startswith(("logger=", "logger."))]
    carry_out(plan_steps(config, logger), group=config.study.name)


def main() -> None:
    """Run the command from the command line."""
    run_stage("study", StudyConfig, study, open_mappings=("data", "arguments"))


if __name__ == "__main__":
    main()
