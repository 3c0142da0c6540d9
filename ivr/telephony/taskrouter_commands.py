"""Commands: bring TaskRouter's workspace into step with the agents and the queues."""

from collections.abc import Callable, Iterator, Mapping

import click

from ivr.desk.keeping import AgentState
from ivr.telephony.taskrouter_rest import Workspace, WorkspaceError


def taskrouter_commands(
    workspace: Workspace | None, agents: Callable[[], list[AgentState]], workflows: Mapping[str, str]
) -> click.Group:
    """Return the command `taskrouter sync`; `workflows` are those of the queues, by queue."""

    @click.group("taskrouter")
    def group() -> None:
        """Queues that TaskRouter gives out."""

    @group.command("sync")
    def sync() -> None:
        """Make a worker for each agent, tell what they can do, and check activities and workflows."""
        if workspace is None:
            raise click.ClickException("set TWILIO_TASKROUTER_WORKSPACE to the workspace's id (WS…)")
        try:
            told = [*_synchronised(workspace, agents())]
        except WorkspaceError as error:
            raise click.ClickException(str(error)) from None
        for words in told:
            click.echo(words)
        if missing := [*_missing(workspace, workflows)]:
            raise click.ClickException("\n".join(missing))

    return group


def _synchronised(workspace: Workspace, agents: list[AgentState]) -> Iterator[str]:
    found = workspace.activities
    yield f"activities: available {found.available}, offline {found.offline}, busy {found.busy}"
    workers = {one.agent: one for one in workspace.workers()}
    for agent in agents:
        # Queues and languages are what a workflow asks for; nothing else of an agent leaves the house.
        told = {"agent": agent.id, "contact_uri": agent.phone, "skills": sorted(agent.skills), "level": agent.level}
        if agent.id not in workers:
            workspace.hire(agent.id, told)
            yield f"{agent.id}: made"
        elif {name: workers[agent.id].attributes.get(name) for name in told} != told:
            workspace.change(workers[agent.id].sid, workers[agent.id].attributes | told)
            yield f"{agent.id}: changed"
        else:
            yield f"{agent.id}: in step"


def _missing(workspace: Workspace, workflows: Mapping[str, str]) -> Iterator[str]:
    known = workspace.workflows() if workflows else {}
    for queue, workflow in workflows.items():
        if workflow not in known:
            yield f"queues.yaml: {queue} has workflow {workflow}, which the workspace does not have"
