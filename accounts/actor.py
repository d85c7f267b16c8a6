"""Who acts: an account in a portal, or the operating system's user at the command line."""

from dataclasses import dataclass

from accounts.models import User

# What the columns that remember a name can hold; an employee's names together can be longer.
LONGEST_NAME = 200


@dataclass(frozen=True)
class Actor:
    user: User | None  # None: the command line or the schedule, which may do everything
    name: str  # as the history shows it, cut to LONGEST_NAME
    address: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name[:LONGEST_NAME])

    @classmethod
    def of(cls, user: User, address: str | None = None) -> "Actor":
        return cls(user=user, name=user.display_name, address=address)

    @classmethod
    def command_line(cls, name: str) -> "Actor":
        return cls(user=None, name=f"{name} (command line)")


SCHEDULE = Actor(user=None, name="schedule")
