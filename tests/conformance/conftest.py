"""Fixtures that run roles for real: a run directory, a local Node, a Node in a container."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.container import docker_trouble
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.rundir import RunDirectory


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "docker: needs a Docker daemon; skipped with the reason where none answers"
    )


@pytest.fixture(scope="session")
def run_dir() -> Iterator[Path]:
    with RunDirectory() as path:
        yield path


@pytest.fixture(scope="session")
def local_node(run_dir: Path) -> Iterator[NodeSubject]:
    subject = NodeSubject("local")
    try:
        subject.open(run_dir)
    except ReferenceUnavailable as unavailable:
        pytest.skip(str(unavailable))
    yield subject
    subject.close()


@pytest.fixture(scope="session")
def docker_daemon() -> None:
    trouble = docker_trouble()
    if trouble is not None:
        pytest.skip(trouble)


@pytest.fixture(scope="session")
def docker_node(run_dir: Path, docker_daemon: None) -> Iterator[NodeSubject]:
    with NodeSubject("docker").opened(run_dir) as subject:
        yield subject
