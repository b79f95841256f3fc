from pathlib import Path

import pytest

from signage.media import storage


@pytest.fixture
def store(tmp_path: Path) -> storage.MediaStore:
    return storage.open_store(tmp_path)


@pytest.fixture
def bucket(tmp_path: Path) -> storage.MediaStore:
    """A store without a folder, as an S3 bucket is one."""
    return storage.open_store(tmp_path, "memory:///")
