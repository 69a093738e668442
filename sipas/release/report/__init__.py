"""Reports of releases for officials: one document model, three ways to write it.

`figures` reads the frozen rows, `survey`, `review`, `commune` and `compliance` make a document of
them (prose and tables from the same rows), `docx_file`, `pdf_file` and `xlsx_file` write it.
"""
