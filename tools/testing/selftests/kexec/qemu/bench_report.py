# SPDX-License-Identifier: GPL-2.0
"""What was measured, as a table, as JSON and as a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from bench_rows import INSTRUCTIONS, TARGETS, WALL, Row


@dataclass
class Result:
    """One row's figures, in its clock's unit; None where there is none."""
    row: Row
    ours: float | None = None
    base: float | None = None
    limit: float | None = None
    failed: list[str] = field(default_factory=list)     # kernels


Results = Mapping[Row, Result]

HEADS = ("what", "unit", "ours", "base", "limit", "ours/base", "ours/limit",
         "to reach")
LEFT = ("what", "unit", "to reach")


def _number(value: float | None, row: Row) -> str:
    if value is None:
        return "-"
    if row.clock is INSTRUCTIONS:
        return f"{value / 1e6:.1f}"
    if row.work.size:
        return f"{value:.1f}"
    return f"{value:.3f}" if row.clock is WALL else f"{value:.0f}"


def _unit(row: Row) -> str:
    return {"instructions": "M instr.", "seconds": "s"
            }.get(row.unit, row.unit)


def _ratio(value: float | None, to: float | None) -> str:
    return f"{value / to:.3f}" if value and to else "-"


def _targets(result: Result, results: Results) -> str:
    said = []
    for target in TARGETS.get(result.row, ()):
        if target.against is None:
            value = 1.0
        elif isinstance(target.against, Row):
            other = results.get(target.against)
            value = other.ours if other else None
        else:
            value = getattr(result, target.against)
        if result.ours is None or value is None:
            verdict = "not measured"
        else:
            verdict = ("met" if result.ours <= target.factor * value
                       else f"NOT MET: {result.ours / value:.3g}")
        said.append(f"{target.text}: {verdict}")
    return "; ".join(said)


def _cells(result: Result, results: Results) -> tuple[str, ...]:
    row = result.row
    return (row.name, _unit(row),
            *(_number(value, row) for value
              in (result.ours, result.base, result.limit)),
            _ratio(result.ours, result.base),
            _ratio(result.ours, result.limit),
            f"FAILED on: {', '.join(result.failed)}" if result.failed
            else _targets(result, results))


def table(results: Results) -> str:
    lines = [HEADS, *(_cells(result, results) for result in results.values())]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(
        cell.ljust(width) if head in LEFT else cell.rjust(width)
        for cell, width, head in zip(line, widths, HEADS)).rstrip()
        for line in lines)


def markdown(results: Results, about: Sequence[str]) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |\n"
    return ("# What the capture of a dump takes\n\n"
            + "".join(f"- {text}\n" for text in about) + "\n"
            + line(HEADS)
            + line([":--" if head in LEFT else "--:" for head in HEADS])
            + "".join(line(_cells(result, results))
                      for result in results.values()))


def rows(results: Results) -> list[dict[str, str | float | None]]:
    return [{"name": result.row.name, "ours": result.ours,
             "base": result.base, "limit": result.limit,
             "unit": result.row.unit} for result in results.values()]


WIDTH, LABELS, LINE_HEIGHT, MARGIN = 1000, 430, 22, 30
LONGEST = 1.5               # times the base: what is longer is drawn as this
STYLE = ("text { font: 12px sans-serif } .ours { fill: #2a6fbb } "
         ".over { fill: #bb4a2a } .limit { stroke: #222; stroke-width: 2 } "
         ".base { stroke: #888; stroke-dasharray: 4 3 }")


def _bar(result: Result, y: int, scale: float) -> str:
    """A row of the picture: ours as a bar, the limit as a line."""
    assert result.ours is not None and result.base
    share = result.ours / result.base
    end = LABELS + min(share, LONGEST) * scale
    label = escape(f"{result.row.name} [{_unit(result.row)}]")
    drawn = (f'<text x="{LABELS - 8}" y="{y + 13}" text-anchor="end">{label}'
             f'</text>\n<rect class="{"ours" if share <= 1 else "over"}" '
             f'x="{LABELS}" y="{y + 2}" width="{end - LABELS:.1f}" '
             f'height="{LINE_HEIGHT - 8}"/>\n')
    if result.limit:
        x = LABELS + min(result.limit / result.base, LONGEST) * scale
        drawn += (f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" '
                  f'y2="{y + LINE_HEIGHT - 4}"/>\n')
    return (drawn + f'<text x="{end + 6:.1f}" y="{y + 13}">{share:.2f}'
            '</text>\n')


def svg(results: Results) -> str:
    shown = [result for result in results.values()
             if result.ours is not None and result.base]
    largest = max([1.0] + [r.ours / r.base for r in shown])
    scale = (WIDTH - LABELS - 60) / min(largest, LONGEST)
    height = 2 * MARGIN + len(shown) * LINE_HEIGHT
    x = LABELS + scale
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
             f'height="{height}">\n<style>{STYLE}</style>\n'
             '<rect width="100%" height="100%" fill="#fff"/>\n'
             f'<text x="{x:.1f}" y="18" text-anchor="middle">base = 1; the '
             'black mark is the limit</text>\n'
             f'<line class="base" x1="{x:.1f}" x2="{x:.1f}" y1="{MARGIN - 6}" '
             f'y2="{height - MARGIN}"/>\n']
    drawn += [_bar(result, MARGIN + i * LINE_HEIGHT, scale)
              for i, result in enumerate(shown)]
    return "".join(drawn) + "</svg>\n"


def write(results: Results, about: Sequence[str], out: Path) -> None:
    (out / "bench.md").write_text(markdown(results, about))
    (out / "bench.json").write_text(json.dumps(rows(results), indent=1) + "\n")
    (out / "bench.svg").write_text(svg(results))
