"""What the tests of sections share with those of discovery."""

from tests.schema.conftest import site

__all__ = ["site"]
