"""A drafted mapping as a YAML file that a person can go through."""

import json
from typing import Any

from sipas.survey.draft import Draft

HEAD = """\
# Bản nháp tệp ánh xạ, lập từ {file_name} cho đợt {round_code}.
# Xem từng dòng có «đoán», xử lý phần CHƯA NHẬN RA ở cuối, rồi đặt tệp vào mappings/ trong hộp thư
# và ghi tên ánh xạ vào cột mapping của đợt trong rounds.csv.
"""
LEFT = "# ===== CHƯA NHẬN RA ====="


def render(draft: Draft, file_name: str, round_code: str) -> str:
    """The mapping as YAML, each guess with its reason, what is left over at the end."""
    lines = [HEAD.format(file_name=file_name, round_code=round_code).rstrip("\n")]
    for name, value in draft.mapping.items():
        lines += entry_lines(draft, (name,), value)
    lines.append(LEFT)
    lines += [f"# * {left}" for left in draft.unmatched] or ["# (không còn gì)"]
    return "\n".join(lines) + "\n"


def entry_lines(draft: Draft, path: tuple[str, ...], value: Any) -> list[str]:
    """One entry, and those below it."""
    indent = "  " * (len(path) - 1)
    why = draft.guesses.get(path)
    comment = f"  # đoán: {why}" if why else "  # đoán" if why == "" else ""
    key = path[-1] if path[-1].isidentifier() else scalar(path[-1])
    if isinstance(value, dict):
        lines = [f"{indent}{key}:{comment}" if value else f"{indent}{key}: {{}}{comment}"]
        for name, inner in value.items():
            lines += entry_lines(draft, (*path, name), inner)
        return lines
    return [f"{indent}{key}: {scalar(value)}{comment}"]


def scalar(value: Any) -> str:
    """A value as JSON, which YAML reads: words like `no` stay words."""
    return json.dumps(value, ensure_ascii=False)
