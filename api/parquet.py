"""A table as Parquet, with its types: dates stay dates, and a missing number is missing.

pyarrow comes with the forecast extra and is imported only when somebody asks: a board that
collects has none of it, and says so.
"""

import io

from api.errors import NoParquet
from api.sheets import Blank, Sheet

MEDIA_TYPE = "application/vnd.apache.parquet"


def file_of(table: Sheet) -> bytes:
    """Return the table's bytes, its columns by their keys.

    Raises:
        NoParquet: the library is not installed here.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise NoParquet from error
    rows = [[None if cell is Blank.MISSING else cell for cell in row] for row in table.rows]
    columns = [[row[at] for row in rows] for at in range(len(table.keys))]
    target = io.BytesIO()
    parquet.write_table(pa.table(columns, names=list(table.keys)), target)
    return target.getvalue()
