"""What every adapter owes the harness, as checks that the author of one runs on theirs. Needs no test runner.

    from adapters.testing import check_adapter

    def test_it_keeps_the_contract() -> None:
        check_adapter(MyModel(), seconds=1.0)

What the adapter does not keep is a `ContractBreach`, an `AssertionError` whose line says what is wanted. Adapters that
pay are tested against a server of one's own: see adapters/api/README.md. Importing this loads numpy, nothing heavier.
"""

from adapters.testing.clips import ContractBreach, check_clip, check_needs
from adapters.testing.requests import make_request, moving_disc
from adapters.testing.use import check_adapter

__all__ = ["ContractBreach", "check_adapter", "check_clip", "check_needs", "make_request", "moving_disc"]
