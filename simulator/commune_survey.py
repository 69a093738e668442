"""The workbook with the forms of a commune that is scored out of 30 points."""

from datetime import date
from random import Random

from simulator import NOTICE_VI
from simulator.communes import COMMUNE_ROUND, UNASKED_ITEMS, commune_answers, desks, fits
from simulator.office_hours import OfficeHours
from simulator.survey import ABOUT_SHEET, FORM_COLUMNS, FORMS_SHEET
from simulator.workbook import add_sheet, new_workbook, packed

_INTERVIEWS = (date(2023, 10, 2), date(2023, 10, 31))


def commune_workbook(seed: int = 2023) -> bytes:
    """The XLSX of the commune's 45 forms: one row a dossier, one column an item."""
    rng = Random(f"commune-forms/{seed}")
    days = OfficeHours().working_days(*_INTERVIEWS)
    places = [desk for desk, (_, form_count) in desks().items() for _ in range(form_count)]
    asked = [*dict.fromkeys(item for fit in fits() for item in fit.items), *UNASKED_ITEMS]
    rows: list[list] = [[*FORM_COLUMNS, *(f"{item}. Tiêu chí {item}" for item in asked)]]
    for number, (desk, answers) in enumerate(zip(places, commune_answers(seed), strict=True), 1):
        profile = [f"QT23-{number:03d}", desk, rng.choice(days), "Phiếu giấy", "Người dân"]
        profile += [rng.choice(("Nam", "Nữ")), None, None, None, "Nông thôn"]
        rows.append([*profile, *(answers.get(item, "Không áp dụng") for item in asked)])
    book = new_workbook()
    add_sheet(book, FORMS_SHEET, rows)
    add_sheet(book, ABOUT_SHEET, [[NOTICE_VI], ["Mã đợt khảo sát", COMMUNE_ROUND]])
    return packed(book)
