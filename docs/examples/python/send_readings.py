import os
import sys

import pandas as pd
from webmacs_client import WebMACS

webmacs = WebMACS(os.environ.get("WEBMACS_URL", "http://localhost:8000"), token=os.environ["WEBMACS_TOKEN"])

# What a logger wrote, in local time: event_public_id, value, timestamp.
readings = pd.read_csv(sys.argv[1], parse_dates=["timestamp"])
readings["timestamp"] = readings["timestamp"].dt.tz_localize("Europe/Berlin")

# The file's name as the key: sending the file again stores nothing twice.
rejected = webmacs.send(readings, key=sys.argv[1])
print(f"{len(readings) - len(rejected)} taken")
print(rejected.to_string(index=False) if len(rejected) else "none refused")
