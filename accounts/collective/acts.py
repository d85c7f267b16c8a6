"""Every act that can be done collectively. A new one is a few functions like those beside this, and one entry here."""

from django.utils.translation import gettext_lazy as _

from accounts.collective import access_acts, mail_acts, undo_acts
from accounts.collective.act import Act

ACTS: dict[str, Act] = {
    act.key: act
    for act in (
        Act(
            key="block-access",
            label=_("Block access"),
            cases=access_acts.block_cases,
            warnings=access_acts.block_warnings,
            made=access_acts.made_by_block,
            run=access_acts.block,
            message="access_blocked",
            dangerous=True,
            needs_reason=True,
            undo="undo-block-access",
        ),
        Act(
            key="unblock-access",
            label=_("Unblock access"),
            cases=access_acts.unblock_cases,
            made=access_acts.made_by_unblock,
            run=access_acts.unblock,
            message="access_unblocked",
            needs_reason=True,
            undo="undo-unblock-access",
        ),
        Act(
            key="resend-username",
            label=_("Send username"),
            cases=mail_acts.username_cases,
            warnings=mail_acts.username_warnings,
            made=mail_acts.made_new,
            run=mail_acts.send_username,
            message="username",
            undo="undo-resend-username",
        ),
        Act(
            key="invite",
            label=_("Give access"),
            cases=mail_acts.invite_cases,
            warnings=mail_acts.invite_warnings,
            made=mail_acts.made_new,
            run=mail_acts.invite,
            message="invitation",
            undo="undo-invite",
        ),
        Act(
            key="undo-block-access",
            label=_("Undo: block access"),
            cases=undo_acts.undo_block_cases,
            made=undo_acts.origin_of,
            run=undo_acts.undo_block,
            message="access_unblocked",
            needs_reason=True,
            offered=False,
        ),
        Act(
            key="undo-unblock-access",
            label=_("Undo: unblock access"),
            cases=undo_acts.undo_unblock_cases,
            made=undo_acts.made_by_undo_unblock,
            run=undo_acts.undo_unblock,
            message="access_blocked",
            dangerous=True,
            needs_reason=True,
            offered=False,
        ),
        Act(
            key="undo-resend-username",
            label=_("Undo: send username"),
            cases=undo_acts.undo_username_cases,
            made=undo_acts.origin_of,
            run=undo_acts.undo_username,
            offered=False,
        ),
        Act(
            key="undo-invite",
            label=_("Undo: give access"),
            cases=undo_acts.undo_invite_cases,
            made=undo_acts.origin_of,
            run=undo_acts.undo_invite,
            offered=False,
        ),
    )
}
# What the menu has.
OFFERED = {key: act for key, act in ACTS.items() if act.offered}
