"""An environment with the packages that serving needs and no others, as production has it.

The development packages stay out: the driver imports numpy, pandas and pyarrow where it finds them.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from benchmarks.reads.dataset import KEPT, ROOT

_FOLDER: Final = KEPT / "serving"
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


@cache
def serving_python() -> Path:
    """The interpreter of that environment, made anew, once a run, from what is installed here."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(_FOLDER)], check=True)
    python = _FOLDER / "bin" / "python"
    inside = Path(sysconfig.get_path("purelib", vars={"base": str(_FOLDER)}))
    for top in _top_levels():
        (inside / top.name).symlink_to(top)
    (inside / "renche.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    # As an installation does; what is compiled at each start would count as a part of it.
    subprocess.run([str(python), "-m", "compileall", "-q", "-l", str(inside)], check=True)
    subprocess.run([str(python), "-m", "compileall", "-q", str(ROOT / "renche")], check=True)
    return python


def _top_levels() -> set[Path]:
    """The folders and files, at the top of the place of packages, of what renche requires."""
    site = Path(sysconfig.get_path("purelib"))
    found = set()
    for name in _required("renche", set()) - {"renche"}:
        for file in distribution(name).files or ():
            if file.parts[0] not in ("..", "__pycache__"):
                found.add(site / file.parts[0])
    return found


def _required(name: str, seen: set[str]) -> set[str]:
    """The distribution, and all those that it requires, extras aside."""
    seen.add(name)
    for requirement in distribution(name).requires or ():
        match = _NAME.match(requirement)
        condition = requirement.partition(";")[2]
        if match and "extra ==" not in condition and match[0].lower() not in seen and _is_installed(match[0].lower()):
            _required(match[0].lower(), seen)
    return seen


def _is_installed(name: str) -> bool:
    """Whether it is here; what another system or Python needs is not."""
    try:
        distribution(name)
    except ModuleNotFoundError:
        return False
    return True
