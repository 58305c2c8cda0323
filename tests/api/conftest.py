"""A daemon and a client for every test of the surface."""

import pytest

from tests.api.daemon import Client, Daemon


@pytest.fixture
async def daemon(tmp_path):
    one = Daemon(tmp_path)
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def client(daemon):
    one = Client(daemon)
    yield one
    await one.close()
