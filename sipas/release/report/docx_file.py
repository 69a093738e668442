"""A report as a Word file in the layout of administrative documents."""

from collections.abc import Mapping, Sequence
from io import BytesIO

import docx
from docx.document import Document as WordDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt
from docx.table import Table as WordTable
from docx.table import _Cell

from sipas.release.report.fixed_zip import without_clock
from sipas.release.report.model import Document, Figure, Heading, Paragraph, Table

FONT = "Times New Roman"
# Space beside the text of a cell, in twentieths of a point.
NARROW = f"""
<w:tblCellMar {nsdecls("w")}>
  <w:left w:w="50" w:type="dxa"/><w:right w:w="50" w:type="dxa"/></w:tblCellMar>
"""
TEXT_WIDTH = 17.0  # cm: A4 less 2,5 cm on the left and 1,5 cm on the right
NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập – Tự do – Hạnh phúc"
SIZES = {1: 14, 2: 13.5, 3: 13, 4: 13}
CENTRE, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT

# Word's own watermark: a text shape behind the page, kept in the header.
WATERMARK = """
<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
     xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
  <w:r><w:pict>
    <v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"
      path="m@7,l@8,m@5,21600l@6,21600e">
      <v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/>
        <v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/>
        <v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/>
        <v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/>
        <v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas>
      <v:path textpathok="t" o:connecttype="custom"
        o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" o:connectangles="270,180,90,0"/>
      <v:textpath on="t" fitshape="t"/></v:shapetype>
    <v:shape id="watermark" type="#_x0000_t136" fillcolor="#c8c8c8" stroked="f"
      style="position:absolute;width:440pt;height:110pt;rotation:315;z-index:-251658752;
        mso-position-horizontal:center;mso-position-horizontal-relative:margin;
        mso-position-vertical:center;mso-position-vertical-relative:margin">
      <v:fill opacity=".5"/><v:textpath style="font-family:'Times New Roman'" string="{text}"/>
    </v:shape></w:pict></w:r></w:p>
"""


def word_file(document: Document, pictures: Mapping[str, bytes]) -> bytes:
    """The document as DOCX; `pictures` are its figures by number."""
    word = docx.Document()
    page(word, document)
    national_header(word, document)
    for place, line in enumerate(document.title):
        paragraph(word, line, bold=place < 2, size=14 if place < 2 else 13, align=CENTRE)
    for mark in document.marks:
        paragraph(word, mark, bold=True, align=CENTRE)
    for block in document.blocks:
        if isinstance(block, Heading):
            heading(word, block)
        elif isinstance(block, Paragraph):
            body(word, block)
        elif isinstance(block, Table):
            table(word, block)
        else:
            picture(word, block, pictures[block.number])
    if document.signature:
        paragraph(word, document.signature.position, bold=True, align=RIGHT).space_before = Pt(18)
        paragraph(word, document.signature.signatory, bold=True, align=RIGHT).space_before = Pt(60)
    word.core_properties.title = " – ".join(document.title)
    word.core_properties.author = document.issuer
    word.core_properties.created = document.stamped_at.replace(tzinfo=None)
    word.core_properties.modified = document.stamped_at.replace(tzinfo=None)
    content = BytesIO()
    word.save(content)
    return without_clock(content.getvalue(), document.stamped_at)


def page(word: WordDocument, document: Document) -> None:
    """Paper, margins, type; the marks at the head and the page number at the foot of every page."""
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(2.5), Cm(1.5)
    section.top_margin = section.bottom_margin = Cm(2)
    for name in ("Normal", *(f"Heading {level}" for level in SIZES), "List Bullet"):
        style = word.styles[name]
        style.font.name = FONT
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    word.styles["Normal"].font.size = Pt(13)
    head = section.header.paragraphs[0]
    head.text = " · ".join(document.marks)
    head.alignment = CENTRE
    if document.watermark:
        section.header._element.append(parse_xml(WATERMARK.format(text=document.watermark)))
    foot = section.footer.paragraphs[0]
    foot.alignment = CENTRE
    page_number(foot.add_run())


def page_number(run) -> None:
    """The field that Word fills with the number of the page."""
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._element.append(element)


def national_header(word: WordDocument, document: Document) -> None:
    """The issuer on the left, the nation's name and motto on the right, number and date below."""
    grid = word.add_table(rows=1, cols=2)
    grid.autofit = False
    left, right = grid.rows[0].cells
    set_widths(grid, [Cm(6), Cm(TEXT_WIDTH - 6)])
    number, day = document.number_and_date
    for cell, lines in (
        (left, ((document.issuer, True, False), (number, False, False))),
        (right, ((NATION, True, False), (MOTTO, True, False), (day, False, True))),
    ):
        for place, (text, bold, italic) in enumerate(lines):
            target = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
            run = target.add_run(text)
            run.bold, run.italic, run.font.size = bold, italic, Pt(12)
            target.alignment = CENTRE


def paragraph(word: WordDocument, text: str, *, bold=False, italic=False, size=13.0, align=None):
    """A paragraph of one kind of type; returns its format."""
    made = word.add_paragraph()
    run = made.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    made.alignment = align
    return made.paragraph_format


def heading(word: WordDocument, block: Heading) -> None:
    """A heading that Word's navigation knows."""
    made = word.add_heading(level=block.level)
    run = made.add_run(block.text)
    run.font.name, run.font.size, run.bold = FONT, Pt(SIZES[block.level]), True
    run.italic = False
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    run.font.color.rgb = docx.shared.RGBColor(0, 0, 0)


def body(word: WordDocument, block: Paragraph) -> None:
    """A paragraph of prose or an item."""
    made = word.add_paragraph(block.text, style="List Bullet" if block.is_item else None)
    made.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    if not block.is_item:
        made.paragraph_format.first_line_indent = Cm(1)
    made.paragraph_format.space_after = Pt(6)


def table(word: WordDocument, block: Table) -> None:
    """Caption, table with a head that repeats on every page, and notes."""
    caption = paragraph(word, f"Bảng {block.caption}", bold=True, size=12, align=CENTRE)
    caption.keep_with_next, caption.space_before = True, Pt(6)
    grid = word.add_table(rows=1, cols=len(block.columns), style="Table Grid")
    grid.autofit, grid.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    # Word reads the parts of a table's properties in one order only.
    grid._tbl.tblPr.find(qn("w:tblLook")).addprevious(parse_xml(NARROW))
    whole = sum(column.width for column in block.columns)
    widths = [Cm(TEXT_WIDTH * column.width / whole) for column in block.columns]
    for cell, column in zip(grid.rows[0].cells, block.columns, strict=True):
        write(cell, column.title, bold=True, align=CENTRE)
    repeated = OxmlElement("w:tblHeader")
    grid.rows[0]._tr.get_or_add_trPr().append(repeated)
    for row in block.rows:
        cells = grid.add_row().cells
        for target, cell, column in zip(cells, row.cells, block.columns, strict=True):
            align = None if column.is_text else CENTRE
            write(target, cell.text, bold=row.is_strong, align=align)
    set_widths(grid, widths)
    for note in block.notes:
        paragraph(word, note, italic=True, size=10).space_after = Pt(0)
    paragraph(word, "", size=6).space_after = Pt(0)


def set_widths(grid: WordTable, widths: Sequence[Cm]) -> None:
    """The width of every column: Word reads it from the cells, other programs from the columns."""
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = width
    for row in grid.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width


def write(cell: _Cell, text: str, *, bold: bool, align) -> None:
    """One cell in small type."""
    target = cell.paragraphs[0]
    run = target.add_run(text)
    run.bold, run.font.size = bold, Pt(9)
    target.alignment = align


def picture(word: WordDocument, block: Figure, png: bytes) -> None:
    """A picture with its caption, and in words for who cannot see it."""
    shape = word.add_picture(BytesIO(png), width=Cm(TEXT_WIDTH))
    shape._inline.docPr.set("descr", block.alternative)
    word.paragraphs[-1].paragraph_format.keep_with_next = True
    paragraph(word, block.caption, italic=True, size=12, align=CENTRE).space_after = Pt(8)
