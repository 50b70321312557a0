"""Counts of words and n-grams in Arrow tables: this takes seconds, one Beam element per word would take minutes."""

import functools
from typing import Optional, Sequence

import pyarrow as pa
import pyarrow.compute

MAX_PENDING_ROWS = 4_000_000
APPROXIMATION = 10  # words that an approximate count goes on with, for each one that will be kept


def add_up(tables: Sequence[pa.Table], at_once: bool = False, limit: Optional[int] = None) -> Sequence[pa.Table]:
  """Add up the rows of equal words.

  Args:
    tables: tables with the same columns, first the words, then counts. The first table has each word once.
    at_once: False waits until the tables after the first have more than MAX_PENDING_ROWS rows together.
    limit: of the added words, only so many are kept, those with the highest sum of their counts; None for all. So the
      memory is bounded, and the counts of rare words are too low.

  Returns:
    The unchanged tables, or a single one with each word once.
  """
  if sum(table.num_rows for table in tables[1:]) <= (0 if at_once else MAX_PENDING_ROWS):
    return tables
  word, *columns = tables[0].column_names
  summed = pa.concat_tables(tables).group_by(word).aggregate([(column, 'sum') for column in columns])
  summed = summed.select([word, *(f'{column}_sum' for column in columns)]).rename_columns([word, *columns])
  if limit is not None and summed.num_rows > limit:
    total = functools.reduce(pa.compute.add, summed.columns[1:])
    ordered = summed.append_column('total', total).sort_by([('total', 'descending'), (word, 'descending')])
    summed = ordered.select([word, *columns])[:limit]
  return [summed.combine_chunks()]
