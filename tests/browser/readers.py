"""People at Superset's API: a logged-in session each, and the questions that they may try."""

import csv
import html
import io
import re
from typing import Any

import httpx
import openpyxl

from sipas.local.instance import Instance
from sipas.local.superset_accounts import ACCOUNTS

TOKEN = re.compile(r'csrf_token[^>]*?(?:value=|:\s*)"([^"]+)"')
AGENCY = "agency_code"
# Of the simulator's agencies.
CODE = re.compile(r"H99(\.\d+)+")
COUNTED = {
    "expressionType": "SIMPLE",
    "label": "n",
    "aggregate": "COUNT",
    "column": {"column_name": AGENCY},
}


class Reader:
    """One person's session; `role` and `agency` are those of the account."""

    def __init__(self, instance: Instance, username: str | None) -> None:
        self.username = username
        self.http = httpx.Client(
            base_url=instance.address("superset"), trust_env=False, timeout=120
        )
        self.role = self.agency = None
        if username is None:
            return
        if username == "admin":
            key = "password_superset_admin"
        else:
            (account,) = [account for account in ACCOUNTS if account[0] == username]
            _, self.role, self.agency, key = account
        form = {"username": username, "password": instance.secrets[key]}
        answer = self.http.post("/login/", data={**form, "csrf_token": self.token("/login/")})
        assert answer.status_code == 302, answer.text
        assert "login" not in answer.headers["location"], f"{username} is not let in"
        self.http.headers["X-CSRFToken"] = self.token("/dashboard/list/")
        self.http.headers["Referer"] = instance.address("superset")

    def token(self, page: str) -> str:
        """The token that a page of Superset carries for its forms."""
        text = html.unescape(self.http.get(page, follow_redirects=True).text)
        found = TOKEN.search(text)
        assert found, f"no token on {page}"
        return found[1]

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def names(self, kind: str, column: str) -> dict[str, int]:
        """Name → number of everything of a kind that the person finds in the lists."""
        answer = self.get(f"/api/v1/{kind}/?q=(page_size:100)")
        return {item[column]: item["id"] for item in answer.json().get("result", [])}

    def ask(self, dataset: int, result_format: str = "json", **query: Any) -> httpx.Response:
        """A question to the chart-data API; by default each agency and its rows."""
        counted = {"columns": [AGENCY], "metrics": [COUNTED], "row_limit": 1000}
        body = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [counted | query],
            "result_format": result_format,
            "result_type": "full",
        }
        return self.http.post("/api/v1/chart/data", json=body)

    def drill(self, dataset: int, **extra: Any) -> httpx.Response:
        """The rows behind a figure, as «Xem chi tiết» asks for them."""
        path = f"/datasource/samples?datasource_type=table&datasource_id={dataset}&per_page=500"
        return self.http.post(path, json={"filters": [], **extra})


def agencies(answer: httpx.Response) -> set[str]:
    """The agencies in an answer, whatever its format."""
    assert answer.status_code == 200, answer.text[:500]
    kind = answer.headers["content-type"]
    if "csv" in kind:
        cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
    elif "spreadsheet" in kind:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row]
    else:
        result = answer.json()["result"]
        rows = result["data"] if isinstance(result, dict) else result[0]["data"]
        cells = [str(row[AGENCY]) for row in rows]
    return {cell for cell in cells if CODE.fullmatch(cell)}
