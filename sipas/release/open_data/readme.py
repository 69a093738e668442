"""README.md and LICENSE.txt of a folder of open data (Vietnamese)."""

from sipas.release.content import Content
from sipas.release.open_data.facts import Facts
from sipas.release.open_data.settings import Licence, OpenDataSettings
from sipas.release.open_data.words import Mart
from sipas.release.request import MARK
from sipas.vietnamese import LOCAL_TIME

README = """\
# Số liệu mở: bản phát hành {release_id}
{mark}
{publisher} công bố ngày {published}. Phạm vi `{scope}`, số liệu đến {as_of}.{methods}

{decision}

## Có gì trong thư mục này

{tables}

* `tu-dien-du-lieu.csv`: mỗi cột nghĩa là gì, tính bằng công thức nào, đơn vị gì.
* `phuong-phap.json`: các dòng phương pháp và quy tắc mà số liệu được tính theo.
* `datapackage.json`: mô tả cho máy đọc (Frictionless Data Package).
* `LICENSE.txt`: giấy phép {licence}.
* `SHA256SUMS`: mã băm của từng tệp.

Mỗi bảng có hai dạng cùng nội dung. **CSV** (UTF-8, dấu phẩy phân cách, dấu chấm thập phân) để mở
bằng bảng tính: trong Excel chọn *Dữ liệu → Từ văn bản/CSV*. **Parquet** giữ đúng kiểu từng cột, để
chương trình đọc. Ô trống nghĩa là không có giá trị. Thời điểm ghi theo giờ Việt Nam (+07:00).

## Ô bị ẩn

{suppressed}Nhóm có quá ít người trả lời được ẩn để không ai bị nhận ra; đôi khi ẩn thêm ô bên cạnh
để không suy ngược được. Ô ẩn để trống, `is_suppressed` là `true` và `suppression_reason` ghi lý do.
Đừng coi ô ẩn là 0.

Các chỉ số là **điểm trung bình quy về thang 100**, không phải tỷ lệ phần trăm số người.

## Trích dẫn

> {publisher}, bản phát hành {release_id}, mã băm nội dung `{content_sha256}`, {licence}.

## Kiểm chứng

* Mã băm nội dung (SHA-256) là mã người phê duyệt đã nêu: `{content_sha256}`
* Đầu chuỗi khi công bố: `{chain_head}`; so với đầu chuỗi đơn vị đã in hoặc đăng.
* `sha256sum -c SHA256SUMS` kiểm từng tệp; `sipas release open-data --check THƯ_MỤC` đọc lại cả hai
  dạng, đếm dòng và tính lại mã băm nội dung, không cần cơ sở dữ liệu.
"""
LICENSE = """\
{title_vi} ({title}, {id})

Bộ số liệu: bản phát hành {release_id} của {publisher}.
{terms}

Toàn văn giấy phép: {url}
"""


def readme(facts: Facts, content: Content, marts: list[Mart], settings: OpenDataSettings) -> str:
    """The text of README.md."""
    release = facts.release
    hidden = sum(
        row[table.columns.index("is_suppressed")]
        for table in content.tables.values()
        if "is_suppressed" in table.columns
        for row in table.rows
    )
    return README.format(
        release_id=facts.release_id,
        mark=f"\n**{MARK}**\n" if facts.is_simulated else "",
        publisher=settings.publisher_vi,
        published=f"{facts.published_at.astimezone(LOCAL_TIME):%d/%m/%Y}",
        scope=release["scope"],
        as_of=f"{release['as_of_at'].astimezone(LOCAL_TIME):%d/%m/%Y}",
        methods=f" Phương pháp: {', '.join(facts.methods)}." if facts.methods else "",
        decision=decision(release),
        tables="\n".join(
            f"* `data/{mart.name}.csv`, `data/{mart.name}.parquet`: {mart.title_vi}, "
            f"{grouped(len(content.tables[mart.name].rows))} dòng."
            for mart in marts
        ),
        licence=settings.licence.id,
        suppressed=f"{grouped(hidden)} dòng của bản này bị ẩn. " if hidden else "",
        content_sha256=release["content_sha256"],
        chain_head=facts.chain_head,
    )


def decision(release: dict) -> str:
    """By which decision it was approved."""
    if release["is_automatic_approval"]:
        return "**Phê duyệt tự động, chỉ để trình diễn và kiểm thử: không có quyết định nào.**"
    return (
        f"Phê duyệt theo Quyết định {release['decision_number']} ngày "
        f"{release['decision_on']:%d/%m/%Y}, {release['position']} {release['signatory']} ký."
    )


def licence_text(facts: Facts, settings: OpenDataSettings) -> str:
    """The text of LICENSE.txt: what may be done, and the whole licence where the province gives it;
    Creative Commons asks for the text *or* its address."""
    licence: Licence = settings.licence
    said = LICENSE.format(
        **{name: getattr(licence, name) for name in ("id", "title", "title_vi", "url")},
        terms=licence.terms_vi,
        release_id=facts.release_id,
        publisher=settings.publisher_vi,
    )
    return f"{said}\n{licence.full_text}" if licence.full_text else said


def grouped(number: int) -> str:
    """A count as Vietnamese print it."""
    return f"{number:,}".replace(",", ".")
