"""What an author's own tests look like: one call says whether the model keeps the harness's contract."""

from __future__ import annotations

from acme_piq.model import Pan

from adapters.testing import check_adapter


def test_it_keeps_the_contract() -> None:
    check_adapter(Pan(), seconds=1.0)
