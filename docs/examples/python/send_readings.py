import hashlib
import os
import sys
from pathlib import Path

import pandas as pd
from webmacs_client import WebMACS

webmacs = WebMACS(os.environ.get("WEBMACS_URL", "http://localhost:8000"), token=os.environ["WEBMACS_TOKEN"])

# What a logger wrote, in local time: event_public_id, value, timestamp.
readings = pd.read_csv(sys.argv[1], parse_dates=["timestamp"])
readings["timestamp"] = readings["timestamp"].dt.tz_localize("Europe/Berlin")

# What is in the file gives the key: sending it again stores nothing twice.
key = hashlib.sha256(Path(sys.argv[1]).read_bytes()).hexdigest()
rejected = webmacs.send(readings, key=key)
print(f"{len(readings) - len(rejected)} taken")
print(rejected.to_string(index=False) if len(rejected) else "none refused")
