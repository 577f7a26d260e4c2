# SPDX-License-Identifier: Apache-2.0
"""Commands and their options; what they do stands in the modules beside this one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from twinergy.cli.data import app as data_app
from twinergy.cli.hil import app as hil_app
from twinergy.cli.shared import console, errors
from twinergy.cli.stopping import stoppable
from twinergy.errors import ScenarioError, TwinergyError

FAILED_RUN = 1
INVALID = 2
INTERRUPTED = 130

app = typer.Typer(
    help="TwinERGY Lab: a co-simulation digital twin of energy communities.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data")
app.add_typer(hil_app, name="hil")

ScenarioName = Annotated[str, typer.Argument(help="Name of a pilot (see `twinergy list`) or path of a scenario file.")]
Assignments = Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="Override a value; may be repeated.")]
Start = Annotated[str | None, typer.Option("--from", help="First local day, or a time: 2024-07-01 or 2024-07-01T06:00.")]
End = Annotated[str | None, typer.Option("--to", help="Local day or time up to which to run, not included.")]
Days = Annotated[int | None, typer.Option("--days", min=1, help="Number of local days.")]
StepLength = Annotated[int | None, typer.Option("--step", help="Length of a step in seconds, a divisor of a day.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of everything random.")]
Bus = Annotated[
    str,
    typer.Option("--bus", envvar="TWINERGY_BUS", show_envvar=True, show_default=False,
                 help="local, nats for a server of its own, or nats://user:password@host:4222, tls://host:4222."),
]  # fmt: skip
Credentials = Annotated[Path | None, typer.Option("--bus-creds", help="Credentials file of the bus; also TWINERGY_NATS_CREDS.")]
Runs = Annotated[Path, typer.Option("--out", help="Folder that holds the run folders.")]


def _assignments(
    given: list[str] | None, start: str | None, end: str | None, days: int | None, step: int | None, seed: int | None
) -> list[str]:
    """Return the overrides that the named options stand for, `--set` last so that it wins."""
    made = [f"run.start={start}"] if start else []
    if end or days:
        made += [f"run.end={end or 'null'}", f"run.days={days or 'null'}"]
    made += [f"run.step_s={step}"] if step is not None else []
    made += [f"run.seed={seed}"] if seed is not None else []
    return [*made, *(given or [])]


@app.command()
def run(
    scenario: ScenarioName,
    start: Start = None,
    end: End = None,
    days: Days = None,
    step: StepLength = None,
    seed: Seed = None,
    assign: Assignments = None,
    out: Runs = Path("runs"),
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Fail if anything failed on the way.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write figures and report.html.")] = True,
    bus: Bus = "local",
    credentials: Credentials = None,
    pace: Annotated[float | None, typer.Option("--pace", help="Keep time with the clock times this; 1 is real time.")] = None,
    outside: Annotated[list[str] | None, typer.Option("--outside", help="Agent that runs elsewhere (`twinergy agent`).")] = None,
    replay: Annotated[str, typer.Option("--replay", help="Play back the messages of this run or recording.")] = "",
    replay_subjects: Annotated[list[str] | None, typer.Option("--replay-subjects", help="Only these, with * and >.")] = None,
    arm: Annotated[bool, typer.Option("--arm", help="Control the real devices of the scenario.")] = False,
    simulated: Annotated[bool, typer.Option("--simulated", help="Simulate its real devices.")] = False,
) -> None:
    """Run a scenario and write a run folder with series, KPIs, figures and a report."""
    with stoppable() as stop:
        from twinergy.cli.bussing import Linking  # noqa: PLC0415
        from twinergy.cli.running import run_command  # noqa: PLC0415 - heavy

        linking = Linking(
            bus=bus,
            credentials=credentials,
            pace=pace,
            outside=tuple(outside or ()),
            replay=replay,
            subjects=tuple(replay_subjects or ()),
            armed=arm,
            simulated=simulated,
        )
        given = _assignments(assign, start, end, days, step, seed) + (["run.strict=true"] if strict else [])
        status = run_command(
            console, errors, scenario, given, out, show_progress=not quiet, with_report=report, linking=linking, stop=stop
        )
    if status:
        raise typer.Exit(status)


@app.command()
def sweep(
    scenario: ScenarioName,
    assign: Annotated[list[str], typer.Option("--set", metavar="A.B=1,2,3", help="Values to combine: a list, or 1..20.")],
    out: Annotated[Path, typer.Option("--out", help="Folder that holds the sweeps.")] = Path("sweeps"),
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes of the local cluster.")] = 2,
    cluster: Annotated[str | None, typer.Option("--cluster", help="Dask scheduler to use instead: tcp://host:port.")] = None,
    *,
    keep: Annotated[bool, typer.Option("--keep-series", help="Keep the series of every run, not its key figures only.")] = False,
) -> None:
    """Run a scenario with every combination of listed values; what is finished is not run again."""
    from twinergy.cli.sweeping import sweep_command  # noqa: PLC0415 - heavy

    if sweep_command(console, errors, scenario, assign, out, workers=workers, cluster=cluster, keep_series=keep):
        raise typer.Exit(FAILED_RUN)


@app.command()
def plan(
    scenario: ScenarioName,
    question: Annotated[
        str | None, typer.Option("--question", help="dispatch, storage, hosting, chp or storage_and_res (PUC02.01 to 02.05).")
    ] = None,
    goal: Annotated[str | None, typer.Option("--goal", help="cost or co2.")] = None,
    file: Annotated[Path | None, typer.Option("--request", help="Request; plan.yaml beside the scenario if not given.")] = None,
    assign: Assignments = None,
    scenario_assign: Annotated[
        list[str] | None,
        typer.Option("--scenario-set", metavar="A.B=C", help="Override a value of the scenario; may be repeated."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder that holds the plans.")] = Path("plans"),
    front: Annotated[int, typer.Option("--front", min=0, help="Points between least cost and least CO2; 0 for none.")] = 0,
    alternatives: Annotated[
        float, typer.Option("--alternatives", min=0.0, max=1.0, help="Also what costs at most this share more: 0.05.")
    ] = 0.0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes for plans that stand by themselves.")] = 1,
    cluster: Annotated[str | None, typer.Option("--cluster", help="Dask scheduler to use instead: tcp://host:port.")] = None,
    *,
    sensitivity: Annotated[bool, typer.Option("--sensitivity", help="Also move the usual assumptions.")] = False,
    uncertain: Annotated[bool, typer.Option("--uncertain", help="Also find what is best for several futures.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Rehearse the year anew, even if it is kept.")] = False,
) -> None:
    """Plan storage, renewables and CHP for a community; writes the plan, its report and a scenario that simulates it."""
    from twinergy.cli.planning import plan_command  # noqa: PLC0415 - heavy
    from twinergy.cosim.planning.around import Around  # noqa: PLC0415

    named = [f"question={question}"] if question else []
    named += [f"goal={goal}"] if goal else []
    plan_command(
        console,
        scenario,
        file=file,
        assignments=[*named, *(assign or [])],
        scenario_assignments=scenario_assign or [],
        out=out,
        fresh=fresh,
        around=Around(
            front=front,
            sensitivity=sensitivity,
            alternatives=alternatives,
            uncertain=uncertain,
            workers=workers,
            cluster=cluster,
        ),
    )


@app.command()
def verify(
    place: Annotated[str, typer.Argument(help="Folder of a plan; `latest` is the one written last.")] = "latest",
    out: Annotated[Path, typer.Option("--out", help="Folder that holds the plans.")] = Path("plans"),
    week: Annotated[list[int] | None, typer.Option("--week", min=0, max=51, help="Week of the year; may be repeated.")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes for the runs.")] = 1,
    cluster: Annotated[str | None, typer.Option("--cluster", help="Dask scheduler to use instead: tcp://host:port.")] = None,
    *,
    year: Annotated[bool, typer.Option("--year", help="The whole year instead of five weeks.")] = False,
    explain: Annotated[bool, typer.Option("--explain/--no-explain", help="Work out why the twin differs.")] = True,
    improve: Annotated[bool, typer.Option("--improve", help="Plan again with the losses that were seen.")] = False,
) -> None:
    """Run the scenario of a plan in the twin and say how far, and why, it differs from what was planned."""
    from twinergy.cli.planning import Proving, verify_command  # noqa: PLC0415 - heavy

    proving = Proving(year=year, weeks=week, explain=explain, workers=workers, cluster=cluster)
    report = verify_command(console, place, out, proving=proving, improve=improve)
    console.print(f"report {report}", soft_wrap=True, highlight=False)


@app.command()
def simulator(
    listen: Annotated[str, typer.Option("--listen", metavar="HOST:PORT", help="Where to wait for runs.")] = "127.0.0.1:5678",
) -> None:
    """Let kinds of devices of other people's runs step in this process (`run.remote` in their scenario)."""
    from twinergy.cli.serving import simulator_command  # noqa: PLC0415 - heavy

    simulator_command(console, listen)


@app.command()
def serve(
    runs: Annotated[list[str] | None, typer.Argument(help="Runs to serve: names or paths; the latest if none is given.")] = None,
    out: Runs = Path("runs"),
    host: Annotated[
        str, typer.Option("--host", help="Where to listen; others than this machine only with an address of it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8765,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="Tokens and what they allow (`twinergy token`).")
    ] = None,
    certificate: Annotated[Path | None, typer.Option("--certificate", help="PEM file, for HTTPS.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="PEM file of its key.")] = None,
    origin: Annotated[list[str] | None, typer.Option("--origin", help="Web page of another origin that may ask.")] = None,
    rate: Annotated[float, typer.Option("--rate", min=0.1, help="Requests per second that one token may make.")] = 20.0,
) -> None:
    """Serve the data of runs over HTTP, with tokens, until Ctrl-C."""
    from twinergy.cli.serving import serve_command  # noqa: PLC0415 - heavy

    options = {"host": host, "port": port, "token_file": token_file, "certificate": certificate, "key": key}
    serve_command(console, out, runs or ["latest"], **options, origins=origin or (), requests_per_s=rate)  # type: ignore[arg-type]


@app.command()
def token(
    name: Annotated[str, typer.Argument(help="Whose token it is.")],
    scope: Annotated[list[str], typer.Option("--scope", help="all, dso, or household:DWELLING; may be repeated.")],
) -> None:
    """Make a token for `twinergy serve` and show its entry for the file of tokens."""
    from twinergy.cli.serving import new_token_command  # noqa: PLC0415

    new_token_command(console, name, scope)


@app.command()
def bus(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on the loopback; 0 takes a free one.")] = 4222,
    store: Annotated[Path | None, typer.Option("--store", help="Folder that keeps messages beyond the server's end.")] = None,
) -> None:
    """Run a message bus for runs, agents and recordings until Ctrl-C; TWINERGY_NATS_PASSWORD chooses its password."""
    from twinergy.cli.bussing import bus_command  # noqa: PLC0415

    bus_command(console, port or -1, store)


@app.command()
def agent(
    scenario: ScenarioName,
    name: Annotated[str, typer.Argument(help="Name of a controller of the scenario.")],
    start: Start = None,
    end: End = None,
    days: Days = None,
    step: StepLength = None,
    seed: Seed = None,
    assign: Assignments = None,
    bus: Bus = "local",
    credentials: Credentials = None,
) -> None:
    """Host one agent of a scenario in this process, for a run with --outside NAME; give both the same options."""
    from twinergy.cli.bussing import agent_command  # noqa: PLC0415
    from twinergy.community.scenario import load  # noqa: PLC0415

    agent_command(console, load(scenario, _assignments(assign, start, end, days, step, seed)), name, bus, credentials)


@app.command()
def record(
    file: Annotated[Path, typer.Option("-o", "--output", help="File to write: .jsonl, or .parquet when it ends.")],
    run: Annotated[str, typer.Argument(help="Run whose messages to copy; without one, --bus is listened to until Ctrl-C.")] = "",
    bus: Bus = "local",
    credentials: Credentials = None,
    subjects: Annotated[list[str] | None, typer.Option("--subjects", help="Only these, with * and >.")] = None,
    out: Runs = Path("runs"),
) -> None:
    """Store messages, for `twinergy run --replay`."""
    from twinergy.cli.bussing import record_command  # noqa: PLC0415

    record_command(console, run, bus, credentials, file, tuple(subjects or ()), out)


@app.command()
def check(
    scenario: ScenarioName,
    start: Start = None,
    end: End = None,
    days: Days = None,
    step: StepLength = None,
    seed: Seed = None,
    assign: Assignments = None,
) -> None:
    """Validate a scenario and say what it holds, without running it."""
    from twinergy.cli.listing import print_summary  # noqa: PLC0415
    from twinergy.community.scenario import load  # noqa: PLC0415

    print_summary(console, load(scenario, _assignments(assign, start, end, days, step, seed)))


@app.command(name="list")
def list_(
    what: Annotated[str, typer.Argument(help="pilots, use-cases, plugins or all.")] = "all",
) -> None:
    """List pilots, use cases and plug-ins."""
    from twinergy.cli.listing import print_lists  # noqa: PLC0415

    print_lists(console, what)


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="Run folder, its name or the start of it, or `latest`.")] = "latest",
    out: Runs = Path("runs"),
    *,
    figures: Annotated[bool, typer.Option("--figures", help="Write the standard figures and the report again.")] = False,
    sequence: Annotated[
        str, typer.Option("--sequence", metavar="USE-CASE", help="Print the page of a use case with the messages that flowed.")
    ] = "",
) -> None:
    """Show a run's KPIs and where its figures are, or the messages of a use case."""
    from twinergy.cli.showing import show_run, show_use_case  # noqa: PLC0415

    if sequence:
        show_use_case(out, run, sequence)
    else:
        show_run(console, out, run, again=figures)


@app.command()
def compare(
    runs: Annotated[list[str], typer.Argument(help="Two or more runs; differences are to the first.")],
    out: Runs = Path("runs"),
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also KPIs that do not differ.")] = False,
) -> None:
    """Show the KPIs of several runs side by side with their differences."""
    from twinergy.cli.showing import compare_runs  # noqa: PLC0415

    compare_runs(console, out, runs, everything=everything)


@app.command()
def docs(
    out: Annotated[Path | None, typer.Option("--out", help="File to write; the screen if not given.")] = None,
) -> None:
    """Print the tables of ports and options of every device kind, and the options of every controller, as Markdown."""
    from twinergy.cli.documenting import reference_markdown  # noqa: PLC0415

    text = reference_markdown()
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")
        console.print(f"wrote {out}")


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; errors end in a message and an exit code, never in a traceback."""
    try:
        app(args=arguments)
    except ScenarioError as error:
        errors.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(INVALID)
    except TwinergyError as error:
        errors.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(FAILED_RUN)
