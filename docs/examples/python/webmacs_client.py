"""A thin client of WebMACS for notebooks and scripts: requests and pandas, nothing else.

    webmacs = WebMACS("http://localhost:8000", token="wm_…")
    webmacs.latest()
"""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timezone
from typing import Any, Iterator

import pandas as pd
import requests

BATCH = 500  # datapoints that one request may carry
ATTEMPTS = 5
LONGEST_WAIT = 60  # seconds
PASSING = {408, 429, 502, 503, 504}


class WebMACSError(Exception):
    """A request that failed. `code` is stable (see the error reference), the text is a sentence for people."""

    def __init__(self, response: requests.Response):
        try:
            problem = response.json()
        except ValueError:  # a proxy's page
            problem = {}
        self.status = response.status_code
        self.code = problem.get("code", "unknown")
        self.errors = problem.get("errors", [])
        self.trace_id = problem.get("traceId")
        super().__init__(problem.get("detail", f"The server answered {response.status_code}."))


class WebMACS:
    """Give `token` (an API token), or `email` and `password`."""

    def __init__(
        self, url: str, token: str | None = None, email: str | None = None, password: str | None = None, timeout: float = 15
    ):
        self.base = f"{url.rstrip('/')}/api/v1"
        self.timeout = timeout
        self.session = requests.Session()
        self._credentials = {"email": email, "password": password} if token is None else None
        if token is None:
            self._log_in()
        else:
            self._use(token)

    def request(self, method: str, path: str, *, repeatable: bool | None = None, **options: Any) -> Any:
        """Sends one request and returns the answer's JSON.

        What only reads is sent again while the server is away; a change only if `repeatable`, because it may have been made although no answer came.
        """
        if repeatable is None:
            repeatable = method == "GET"
        is_fresh = False
        attempt = 1
        while True:
            try:
                response = self.session.request(method, self.base + path, timeout=self.timeout, **options)
            except (requests.ConnectionError, requests.Timeout):
                if not repeatable or attempt == ATTEMPTS:
                    raise
                time.sleep(2 ** (attempt - 1))
                attempt += 1
                continue
            if response.ok:
                return response.json()
            if response.status_code == 401 and self._credentials is not None and not is_fresh:
                self._log_in()  # the login has ended; what was refused was not done
                is_fresh = True
                continue
            if response.status_code not in PASSING or not repeatable or attempt == ATTEMPTS:
                raise WebMACSError(response)
            time.sleep(min(float(response.headers.get("Retry-After", 2 ** (attempt - 1))), LONGEST_WAIT))
            attempt += 1

    def pages(self, path: str, **query: Any) -> Iterator[dict]:
        """Every entry of a list, page by page."""
        page = 1
        while True:
            answer = self.request("GET", path, params={**query, "page": page, "page_size": 100})
            yield from answer["data"]
            if not answer["data"] or page * answer["page_size"] >= answer["total"]:
                return
            page += 1

    def events(self) -> pd.DataFrame:
        """All events, by their public id."""
        columns = ["public_id", "name", "unit", "type", "min_value", "max_value"]
        return pd.DataFrame(list(self.pages("/events")), columns=columns).set_index("public_id")

    def latest(self) -> pd.DataFrame:
        """The newest reading of each event: name, value, unit, timestamp."""
        readings = _with_times(self.request("GET", "/datapoints/latest"))
        return readings.join(self.events()[["name", "unit"]])[["name", "value", "unit", "timestamp"]]

    def series(self, event_ids: list[str], minutes: int = 60, max_points: int = 500) -> pd.DataFrame:
        """The last minutes of up to twenty events, one column each. Not all have a value at each time: NaN where not."""
        body = {"event_public_ids": event_ids, "minutes": minutes, "max_points": max_points}
        answer = self.request("POST", "/datapoints/series", json=body, repeatable=True)
        columns = {
            event: _with_times(points).set_index("timestamp")["value"] for event, points in answer.items() if points
        }
        return pd.DataFrame(columns).sort_index()

    def send(self, readings: pd.DataFrame, key: str | None = None) -> pd.DataFrame:
        """Sends readings with the columns event_public_id, value and timestamp (with a time zone), and returns those that were not taken.

        `key` names this set of readings (ASCII, at most 240 characters): sent again under the same key, nothing is stored twice.
        """
        key = key or uuid.uuid4().hex
        rejected: list[dict] = []
        for start in range(0, len(readings), BATCH):
            batch = [
                {"event_public_id": event, "value": float(value), "timestamp": _iso(moment)}
                for event, value, moment in readings[["event_public_id", "value", "timestamp"]]
                .iloc[start : start + BATCH]
                .itertuples(index=False)
            ]
            answer = self.request(
                "POST",
                "/datapoints/batch",
                json={"datapoints": batch},
                headers={"Idempotency-Key": f"{key}.{start}"},
                repeatable=True,
            )
            rejected += [{**one, "index": start + one["index"]} for one in answer["rejected"]]
        return pd.DataFrame(rejected, columns=["index", "event_public_id", "code", "reason"])

    def _log_in(self) -> None:
        self.session.headers.pop("Authorization", None)
        response = self.session.post(f"{self.base}/auth/login", json=self._credentials, timeout=self.timeout)
        if not response.ok:
            raise WebMACSError(response)
        self._use(response.json()["access_token"])

    def _use(self, token: str) -> None:
        self.session.headers["Authorization"] = f"Bearer {token}"


def _with_times(datapoints: list[dict]) -> pd.DataFrame:
    frame = pd.DataFrame(datapoints, columns=["event_public_id", "value", "timestamp"])
    frame["timestamp"] = pd.to_datetime(
        # The fraction is left out when it is zero; with one format for all, parsing is fast and exact.
        [t if "." in t else f"{t[:-1]}.0Z" for t in frame["timestamp"]],
        format="%Y-%m-%dT%H:%M:%S.%fZ",
        utc=True,
    )
    return frame.set_index("event_public_id")


def _iso(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("Times need a time zone: tz_localize('Europe/Berlin'), or 'UTC'.")
    return moment.astimezone(timezone.utc).isoformat()
