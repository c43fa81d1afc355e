"""Who hears whom, from the folded contact alone (docs/explanation/in-the-call.md has the same as a table)."""

from __future__ import annotations

from dataclasses import dataclass

from civicline.core.lifecycle import ConsultState, ContactState
from civicline.core.model import Consult, Contact


@dataclass(frozen=True, slots=True)
class Hearing:
    """Legs. `together` hear each other; each of `alone` hears the machine only; `music`, of these, hears hold music.

    What the caller hears alone is a step of `ivr.steps`.
    """

    together: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    music: str = ""


def hearing(contact: Contact) -> Hearing:
    caller, agent = contact.leg, contact.offer or ""
    if contact.state is ContactState.OUTSIDE:
        referral = contact.referrals[-1]
        answered = referral.answered_at is not None
        return Hearing((caller, referral.leg)) if answered else Hearing(alone=(caller,))
    if contact.state is not ContactState.TALKING:
        return Hearing(alone=(caller,))
    if contact.consult is not None:
        return _consulting(caller, agent, contact.consult)
    return Hearing(alone=(caller, agent)) if contact.hears_music else Hearing((caller, agent))


def _consulting(caller: str, agent: str, consult: Consult) -> Hearing:
    return {
        ConsultState.RINGING: Hearing(alone=(caller, agent)),
        ConsultState.ASIDE: Hearing((agent, consult.leg), (caller,)),
        ConsultState.WITH_CALLER: Hearing((caller, agent), (consult.leg,), consult.leg),
        ConsultState.JOINED: Hearing((caller, agent, consult.leg)),
    }[consult.state]
