"""A build hook of hatchling: the course travels in the wheel, as funnelsim/_course/.

An editable installation has it in the repository already; a copy there would only grow stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("notebooks", "exercises", "datasets")
FILES = ("TEACHING.md",)
LEFT_OUT = {".ipynb_checkpoints", "__pycache__"}


class CourseInWheel(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        for name in FILES:
            build_data["force_include"][str(root / name)] = f"funnelsim/_course/{name}"
        for folder in FOLDERS:
            for path in sorted((root / folder).rglob("*")):
                inside = path.relative_to(root)
                if path.is_file() and not LEFT_OUT.intersection(inside.parts):
                    target = f"funnelsim/_course/{inside.as_posix()}"
                    build_data["force_include"][str(path)] = target
