"""Reads files that were exported: long CSV, wide CSV, Parquet. Usage: read_exports.py long.csv wide.csv long.parquet"""

import json
import sys
from itertools import takewhile

import pandas as pd
import pyarrow.parquet as pq

long_csv, wide_csv, parquet = sys.argv[1:4]


def read_csv(path: str, **options: object) -> pd.DataFrame:
    """Passes over what `metadata=true` puts first; `comment="#"` would also cut names with a # in them."""
    with open(path, encoding="utf-8") as file:
        lines = sum(1 for _ in takewhile(lambda line: line.startswith("#"), file))
    return pd.read_csv(path, skiprows=lines, **options)


# Long: a row for each reading. Without `format` pandas guesses by the first row.
readings = read_csv(long_csv)
readings["timestamp"] = pd.to_datetime(readings["timestamp"], format="ISO8601", utc=True)
print(readings.groupby("event_name")["value"].describe())

# Wide: a column for each event, ready to plot.
table = read_csv(wide_csv, index_col="timestamp")
table.index = pd.to_datetime(table.index, format="ISO8601", utc=True)
print(table.interpolate(method="time").rolling("5min").mean().tail())

# Parquet: types, times to the microsecond, and what the readings are.
frame = pd.read_parquet(parquet)
metadata = json.loads(pq.read_schema(parquet).metadata[b"webmacs"])
units = {event["name"]: event["unit"] for event in metadata["events"]}
print(frame.dtypes, units, f"{len(metadata['gaps'])} gaps", sep="\n")

# Only some columns, and only some of the time: the rest is not even read.
some = pd.read_parquet(
    parquet,
    columns=["timestamp", "event_name", "value"],
    filters=[("timestamp", ">=", frame["timestamp"].max() - pd.Timedelta("10min"))],
)
print(len(some), "of", len(frame))
