"""Turns measurements into the table of docs/performance.md."""

import datetime
import os
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

from programs import Failure

BEGIN, END = "<!-- what follows is written by bench/run -->", "<!-- up to here -->"


@dataclass(frozen=True)
class Measurement:
    """The result of one scenario in one round."""

    cpu_us: float  # the gateway's CPU time per request
    requests_per_second: float
    core_used: float  # 1 means the whole core
    piece_us: float  # the time of the reference work on the gateway's core
    resident_before: float  # MiB
    resident_after: float
    start_ms: float  # from the start of the process to the first 201


def spread(values, form, unit=""):
    """The median and the quartiles as text."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return f"{middle:{form}}{unit} ({low:{form}}–{high:{form}})"


def table(scenarios, measured, amount):
    usual = statistics.median(one.piece_us for ones in measured.values() for one in ones)
    scaled = {name: [one.cpu_us * usual / one.piece_us for one in ones] for name, ones in measured.items()}
    heads = ["", "requests", "CPU µs each", "compared", "requests/s", "core", "RSS MiB before", "after"]
    lines = [heads, ["---"] * 2 + ["---:"] * 6]
    numbers = {scenario.name: str(number) for number, scenario in enumerate(scenarios, 1)}
    for scenario in scenarios:
        ones, costs = measured[scenario.name], scaled[scenario.name]
        compared = "–"
        if scenario.against:
            ratios = [cost / other for cost, other in zip(costs, scaled[scenario.against])]
            compared = f"{spread(ratios, '.2f')} × row {numbers[scenario.against]}"
        lines.append([
            numbers[scenario.name], scenario.name, spread(costs, ".1f"), compared,
            f"{statistics.median(one.requests_per_second for one in ones):,.0f}",
            f"{statistics.median(one.core_used for one in ones):.0%}",
            f"{statistics.median(one.resident_before for one in ones):.1f}",
            f"{statistics.median(one.resident_after for one in ones):.1f}"])
    starts = [one.start_ms for one in measured[scenarios[0].name]]
    pieces = sorted(one.piece_us for ones in measured.values() for one in ones)
    return "\n".join([
        *("| " + " | ".join(line) + " |" for line in lines), "",
        f"From the start of the process to the first 201, with a given session: {spread(starts, '.0f', ' ms')}.", "",
        f"{amount} each, in turn; medians, in brackets the quartiles. The fixed piece of work took {pieces[0]:.0f} to "
        f"{pieces[-1]:.0f} µs. {machine()}.", ""])


def machine():
    """The revision, the date and the machine of the measurement."""
    models = [line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    command = ["git", "describe", "--always", "--dirty"]
    revision = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True).stdout.strip()
    return ", ".join(filter(None, [
        f"Revision {revision or 'unknown'}", f"{datetime.date.today()}", *models[:1], f"Linux {os.uname().release}"]))


def split_document(document):
    """The parts of the document before and after the table."""
    before, begin, rest = document.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise Failure(f"{document} lacks {BEGIN} or {END}")
    return before + begin + "\n\n", "\n" + end + after
