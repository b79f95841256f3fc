"""Decides what an uploaded file is, by decoding it in a process of its own, never by its name.

The process has limits on time, memory and answer; however it ends, the caller gets a Probe or a
MediaRefused that says in words what is wrong.
"""

import asyncio
import signal
import sys
from pathlib import Path

import msgspec

from signage.media import sniff
from signage.media.facts import MediaRefused, Probe
from signage.media.probe_child import Answer

TIME_LIMIT_S = 20.0
PROBES_AT_ONCE = 2
ANSWER_LIMIT_BYTES = 2 * 1024**2

_IMPORT_ROOT = Path(__file__).parents[2]
_places = asyncio.Semaphore(PROBES_AT_ONCE)


async def examine(path: Path, *, file_name: str = "", time_limit_s: float = TIME_LIMIT_S) -> Probe:
    """Return what the file at ``path`` is, or raise MediaRefused within ``time_limit_s``.

    ``file_name``, the uploader's, is used for nothing but words.
    """
    async with _places:
        output, status = await _run(path, sniff.extension(file_name), time_limit_s)
    try:
        answer = msgspec.json.decode(output, type=Answer)
    except msgspec.DecodeError as error:
        raise _no_answer(status) from error
    if answer.probe is not None:
        return answer.probe
    if answer.refusal is not None:
        raise MediaRefused(answer.refusal.code, answer.refusal.detail)
    raise _no_answer(status)


async def _run(path: Path, extension: str, time_limit_s: float) -> tuple[bytes, int]:
    # The environment is ours to choose: no secret of the server reaches a decoder.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-s", "-m", "signage.media.probe_child", str(path), extension),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": str(_IMPORT_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(time_limit_s):
            output = await _read(process)
            return output, await process.wait()
    except TimeoutError as error:
        raise _too_slow() from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _read(process: asyncio.subprocess.Process) -> bytes:
    # The stream exists because it was asked for; an answer past the limit is no answer.
    if process.stdout is None:
        return b""
    try:
        await process.stdout.readexactly(ANSWER_LIMIT_BYTES)
    except asyncio.IncompleteReadError as complete:
        return complete.partial
    process.kill()
    return b""


def _no_answer(status: int) -> MediaRefused:
    if status == -signal.SIGXCPU:
        return _too_slow()
    detail = "This file cannot be read: the program that looks into it stopped. Export it again."
    return MediaRefused("probe_failed", detail)


def _too_slow() -> MediaRefused:
    detail = "Looking into this file takes too long. Export it shorter or smaller."
    return MediaRefused("probe_timeout", detail)
