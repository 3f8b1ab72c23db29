"""Where the pictures of a calibration go, checked before the work is done."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from fillcast.errors import UsageError
from fillcast.models.calibration.calibration import Calibration

LIBRARY = "matplotlib"
FORMATS = (".png", ".svg", ".pdf")
MOST_IN_ONE = 8  # rows of a picture that one can still look at


def check_plot(target: Path) -> None:
    """Refuse what cannot be drawn.

    Raises
    ------
    UsageError
        When the library that draws is not installed, or the target is no picture and no folder that can be made.
    """
    if importlib.util.find_spec(LIBRARY) is None:
        raise UsageError(
            "--plot needs matplotlib, which is not installed; install the extra: pip install fillcast[plot]"
        )
    is_picture, is_named = target.suffix.lower() in FORMATS, bool(target.suffix) or target.is_file()
    if is_named and not is_picture and not target.is_dir():
        raise UsageError(f"--plot {target}: a picture is one of {', '.join(FORMATS)}; or name a folder")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"--plot {target}: there is no folder {target.absolute().parent}")


def draw_all(calibrations: Sequence[Calibration], target: Path) -> list[Path]:
    """Draw one picture of all instruments, or one of each in a folder; return the files.

    Raises
    ------
    UsageError
        When they are too many for one picture, or a file cannot be written.
    """
    from fillcast.cli.calibration_picture import draw

    try:
        if target.suffix.lower() in FORMATS and not target.is_dir():
            if len(calibrations) > MOST_IN_ONE:
                raise UsageError(
                    f"--plot {target}: {len(calibrations)} instruments are too many for one picture; name a folder"
                )
            draw(calibrations, target)
            return [target]
        target.mkdir(exist_ok=True)
        found: list[Path] = []
        for one in calibrations:
            path = target / f"{file_name(one.instrument)}.png"
            draw([one], path)
            found.append(path)
    except OSError as error:
        raise UsageError(f"--plot {target}: the picture cannot be written: {error.strerror}") from None
    return found


def file_name(instrument: str) -> str:
    """Return a name that a file system takes, another one for every instrument."""
    venue, _, symbol = instrument.partition(":")
    return f"{venue}-{quote(symbol, safe='')}"
