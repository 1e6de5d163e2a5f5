"""What an attempt cost, with what is known of bills for answers that were cut off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from workbench.model.attempt import Avoided, Cost, Tokens
from workbench.model.lane import Lane
from workbench.records import dataclass

NOT_ASKED = Cost(0.0, "measured", "from the cache or a recording: nothing was sent")
NOT_SENT = Cost(0.0, "measured", "nothing was sent")


def no_rule(_lane: Lane) -> str:
    """Return nothing: no provider has a rule."""
    return ""


@dataclass(frozen=True, slots=True)
class Spending:
    """Prices answers. ``price(lane, tokens)`` is what tokens cost; ``rule(lane)`` how the lane's
    provider bills an answer that is cut off by the client, as a clause, empty where nobody bills.
    """

    price: Callable[[Lane, Tokens], Cost]
    rule: Callable[[Lane], str] = no_rule

    def cost(self, lane: Lane, tokens: Tokens, *, cut: bool) -> Cost:
        """Return what an answer cost; *cut* when it did not get to its end."""
        cost = self.price(lane, tokens)
        if not cut or cost.usd is None or not (rule := self.rule(lane)):
            return cost
        return replace(cost, how=f"{cost.how}; {rule}")

    def saved(self, lane: Lane, avoided: Avoided) -> Avoided:
        """Return what an abort saved, with the rule that says whether it also cut the bill."""
        if avoided.usd is None or not (rule := self.rule(lane)):
            return avoided
        return replace(avoided, how=f"{avoided.how}; {rule}")
