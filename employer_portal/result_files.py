"""The result of a collective mutation as a file for a spreadsheet."""

from django.http import FileResponse, StreamingHttpResponse
from django.utils.text import slugify

from accounts.collective import export
from accounts.mail_lists import Place
from accounts.models import CollectiveMutation, Employer
from employer_portal.result_rows import head, lines

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_file(mutation: CollectiveMutation, place: Place) -> StreamingHttpResponse:
    """Made while it is sent, so that a million people need no more memory than a few."""
    answer = StreamingHttpResponse(
        export.csv_of(head(place), lines(mutation, place)), content_type="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{_name_of(mutation, place)}.csv"'
    return answer


def xlsx_file(mutation: CollectiveMutation, place: Place) -> FileResponse:
    """TooManyRows: only the CSV can hold them."""
    file = export.xlsx_of(mutation, head(place), lines(mutation, place))
    return FileResponse(file, as_attachment=True, filename=f"{_name_of(mutation, place)}.xlsx", content_type=_XLSX)


def _name_of(mutation: CollectiveMutation, place: Place) -> str:
    """Act, place, day and the beginning of the id, in signs that every system takes."""
    where = slugify(place.client_number if isinstance(place, Employer) else place.slug) or "employer"
    day = (mutation.finished_at or mutation.created_at).date().isoformat()
    return f"{mutation.act}-{where}-{day}-{str(mutation.public_id)[:8]}"
