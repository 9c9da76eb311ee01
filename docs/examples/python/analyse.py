import os

from webmacs_client import WebMACS

webmacs = WebMACS(
    os.environ.get("WEBMACS_URL", "http://localhost:8000"),
    token=os.environ.get("WEBMACS_TOKEN"),
    email=os.environ.get("WEBMACS_EMAIL", "admin@webmacs.io"),
    password=os.environ.get("WEBMACS_PASSWORD", "admin123"),
)

latest = webmacs.latest()
print(latest)

# The last hour of the first three, by the minute.
hour = webmacs.series(list(latest.index[:3]), minutes=60)
print(hour.rename(columns=latest["name"]).resample("1min").mean().describe())
