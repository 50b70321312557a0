"""Counts of words and n-grams in Arrow tables: seconds, where an element of Beam for each would take minutes."""

import pyarrow as pa

MOST_ROWS = 4_000_000


def add_up(tables, at_once=False):
  """Adds up the rows of equal words.

  Args:
    tables: Arrow tables of the same columns: first the words, then counts. The first table has each word once.
    at_once: False waits until there are more than MOST_ROWS, those of the first table left out.

  Returns:
    The tables as they are, or a single one with each word once.
  """
  if sum(table.num_rows for table in tables[1:]) <= (0 if at_once else MOST_ROWS):
    return tables
  word, *columns = tables[0].column_names
  summed = pa.concat_tables(tables).group_by(word).aggregate([(column, 'sum') for column in columns])
  summed = summed.select([word, *(f'{column}_sum' for column in columns)]).rename_columns([word, *columns])
  return [summed.combine_chunks()]
