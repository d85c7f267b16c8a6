"""Many employees at once."""

from accounts.models import Employee, Employer, User
from tests import cast


def with_access(employer: Employer, count: int) -> list[Employee]:
    """So many people who have access. Nobody knows their passwords, as hashing those would take minutes."""
    names = [f"person{number}" for number in range(count)]
    accounts = User.objects.bulk_create(User(username=name, username_key=name, password="!") for name in names)
    people = [
        cast.an_employee(employer, str(number), f"Person{number}", "Bos", account=account)
        for number, account in enumerate(accounts)
    ]
    return Employee.objects.bulk_create(people)
