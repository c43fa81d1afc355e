"""The small agency with times to choose: for income tax two a slot, day and night."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx

from civicline.agency import pack
from civicline.core import requests
from civicline.core.agency import Agency, CallbackPolicy
from peers.ports import eventually
from web.stand import DEMO, Stand

CAPACITY = 2
MANY = 16
"""Requests at once, so that every thread of the pages answers one."""
START = "/callback/"
TIME = "/callback/time?topic=income_tax&language=en"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
SLOT = re.compile(r'name="slot" id="[^"]+" value="(\d+)"')


def agency(**more) -> Agency:
    found = pack.read(DEMO).agency
    policy = CallbackPolicy(60, **{"capacity": CAPACITY, "limit_a_day": 2, "hours": "always", **more})
    individual = replace(found.queues["individual"], callback=policy)
    return replace(found, queues=found.queues | {"individual": individual})


def load(site: Stand, **more) -> None:
    """Until the pages offer it; each of their threads knows an agency for some seconds."""
    site.give(requests.LoadAgency(agency(**more)))
    eventually(lambda: _all_offer(site), what="times to choose")


def _all_offer(site: Stand) -> bool:
    with ThreadPoolExecutor(MANY) as pool:
        return {*pool.map(lambda _: httpx.get(site.url + TIME, timeout=30).status_code, range(MANY))} == {200}


class Person:
    """Somebody without JavaScript, with a browser's cookies."""

    def __init__(self, site: Stand) -> None:
        self.http = httpx.Client(base_url=site.url, timeout=30)

    def slots(self, path: str = TIME) -> list[int]:
        return [int(each) for each in SLOT.findall(self.http.get(path).text)]

    def ask(self, slot: int, number: str, path: str = TIME) -> httpx.Response:
        return self.post(path, path, slot=slot, number=number)

    def post(self, shown: str, to: str, **fields) -> httpx.Response:
        token = TOKEN.search(self.http.get(shown).text)
        assert token is not None, "the page has no form"
        return self.http.post(to, data={**fields, "csrfmiddlewaretoken": token[1]})
