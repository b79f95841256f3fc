"""The process that looks into one uploaded file: ``python -m signage.media.probe_child FILE EXT``.

It runs under limits of its own, holds no secret, opens nothing but the file, and answers with one
line of JSON. Whatever a hostile file does to a decoder happens here and ends here.
"""

import contextlib
import sys
from pathlib import Path

import msgspec

from signage.media import layouts, sniff
from signage.media.facts import MediaRefused, Probe, Refusal

MEMORY_LIMIT_BYTES = 1024**3
CPU_LIMIT_S = 15
OPEN_FILES_LIMIT = 64


class Answer(msgspec.Struct, frozen=True):
    """What is written to standard output: one of the two."""

    probe: Probe | None = None
    refusal: Refusal | None = None


def main(path: Path, extension: str) -> None:
    """Examine the file within limits and print the answer."""
    limit_resources()
    sys.stdout.buffer.write(msgspec.json.encode(_answer(path, extension)) + b"\n")


def limit_resources() -> None:
    """Limit memory, processor time and files, where the system can; nothing may be written."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - it does not exist on Windows

    limits = (
        (resource.RLIMIT_AS, MEMORY_LIMIT_BYTES),
        (resource.RLIMIT_CPU, CPU_LIMIT_S),
        (resource.RLIMIT_NOFILE, OPEN_FILES_LIMIT),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, limit in limits:
        # A system that refuses one of them (macOS has no RLIMIT_AS) still keeps the others.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


def _answer(path: Path, extension: str) -> Answer:
    try:
        return Answer(probe=_examine(path, extension))
    except MediaRefused as refused:
        return Answer(refusal=Refusal(refused.reason, refused.detail))
    except MemoryError:
        detail = "Looking into this file takes more memory than is allowed. Export it smaller."
        return Answer(refusal=Refusal("too_complex", detail))
    except Exception as error:  # decoders raise whatever a hostile file provokes
        detail = f"This file is damaged and cannot be shown ({type(error).__name__})."
        return Answer(refusal=Refusal("damaged", f"{detail} Export it again."))


def _examine(path: Path, extension: str) -> Probe:
    size = path.stat().st_size
    with path.open("rb") as file:
        found = sniff.container(file.read(sniff.HEAD_BYTES), extension)
        layout = layouts.walk(file, size, found)
    probe = _decode(path, found, layout)
    return msgspec.structs.replace(
        probe, warnings=[*_warnings(found, extension, size - layout.end), *probe.warnings]
    )


def _decode(path: Path, found: sniff.Container, layout: layouts.Layout) -> Probe:
    if found in ("mp4", "webm"):
        from signage.media import videos  # noqa: PLC0415 - a picture need not wait for FFmpeg

        return videos.examine(path, found, layout)
    from signage.media import pictures  # noqa: PLC0415 - the limits must stand before it loads

    return pictures.examine(path, found, layout)


def _warnings(found: sniff.Container, extension: str, trailing_bytes: int) -> list[str]:
    warnings = []
    kind = "JPG" if found == "JPEG" else found.upper()
    if extension and extension.upper().replace("JPEG", "JPG") not in (kind, "M4V"):
        warnings.append(f"It is named .{extension} but is {found.upper()}, and is played as that.")
    if trailing_bytes > 0:
        warnings.append(f"{trailing_bytes:,} bytes follow its end. Screens ignore them.")
    return warnings


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
