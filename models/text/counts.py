"""Counts of words and n-grams in Arrow tables: this takes seconds, one Beam element per word would take minutes."""

from typing import Sequence

import pyarrow as pa

MAX_PENDING_ROWS = 4_000_000


def add_up(tables: Sequence[pa.Table], at_once: bool = False) -> Sequence[pa.Table]:
  """Add up the rows of equal words.

  Args:
    tables: tables with the same columns, first the words, then counts. The first table has each word once.
    at_once: False waits until the tables after the first have more than MAX_PENDING_ROWS rows together.

  Returns:
    The unchanged tables, or a single one with each word once.
  """
  if sum(table.num_rows for table in tables[1:]) <= (0 if at_once else MAX_PENDING_ROWS):
    return tables
  word, *columns = tables[0].column_names
  summed = pa.concat_tables(tables).group_by(word).aggregate([(column, 'sum') for column in columns])
  summed = summed.select([word, *(f'{column}_sum' for column in columns)]).rename_columns([word, *columns])
  return [summed.combine_chunks()]
