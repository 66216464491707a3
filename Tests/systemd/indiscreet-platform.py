# indiscreet-platform.py PORT TOKEN FLOW AUDIENCE: a platform that repeats in each failing answer what it was told: the secret,
# the token, and the whole request; in the reason, in headers and in the body, in every shape of error that is known.
#
# Each kind of request fails in each way once, in order; then it succeeds. /_again/NUMBER begins anew with so many of the ways,
# /_told has the numbers of requests.

import json
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, token, flow, audience = int(sys.argv[1]), *sys.argv[2:5]
lock = threading.Lock()
told = {}
runs = []
limit = 1000

WAYS = [
    "400", "401", "403", "404", "409", "422", "429", "500", "502 html", "503 text", "400 errors", "400 nested", "500 garbage",
    "200 garbage", "200 truncated", "200 error", "307", "close", "close in the middle",
]


def kind_of(path):
    for kind, part in [("token", "/ims/token"), ("adhocrun", "/adhocrun"), ("exports", "/export/jobs"), ("flows", "flowservice/flows"), ("runs", "flowservice/runs")]:
        if part in path:
            return kind


def success(kind):
    if kind == "token":
        return {"access_token": token, "token_type": "bearer", "expires_in": 86399}
    if kind == "exports":
        return {"records": [], "page": {}, "link": {"next": ""}}
    if kind == "adhocrun":
        identifier = f"33333333-cccc-4ccc-8ccc-{len(runs):012}"
        runs.append({
            "id": identifier, "flowId": flow, "createdAt": int(time.time() * 1000), "sandboxName": "prod",
            "metrics": {
                "durationSummary": {"startedAtUTC": int(time.time() * 1000), "completedAtUTC": int(time.time() * 1000)},
                "statusSummary": {"status": "success"},
                "recordSummary": {"outputRecordCount": 1, "targetSummaries": [{"entitySummaries": [{"id": f"segment:{audience}"}]}]},
            }})
        return {"order": [{"segment": audience, "order": flow, "statusURL": f"https://platform.adobe.io/runs/{identifier}"}]}
    if kind == "runs":
        return {"items": runs[::-1], "_links": {"next": {}}}
    schedule = {"frequency": "ONCE", "triggerType": "SCHEDULED", "startDate": "2020-01-01", "startTime": "21:00"}
    value = {"id": audience, "name": "vip", "exportMode": "DAILY_FULL_EXPORT", "schedule": schedule, "createTime": "1600000000"}
    selectors = {"selectors": [{"type": "PLATFORM_SEGMENT", "value": value}]}
    return {"items": [{
        "id": flow, "name": "flow", "state": "enabled", "sandboxName": "prod",
        "inheritedAttributes": {"properties": {"isDestinationFlow": True}},
        "transformations": [{"name": "GeneralTransform", "params": {"segmentSelectors": selectors}}]}], "_links": {"next": {}}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body, headers={}, reason=None, cut=False):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status, reason)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        with lock:
            global limit
            if self.path.startswith("/_again/"):
                limit = int(self.path.split("/")[-1])
                told.clear()
            if self.path.startswith("/_"):
                return self.answer(200, {"ways": len(WAYS), **told})
            kind = kind_of(self.path)
            number = told.get(kind, 0)
            told[kind] = number + 1
            # A dataflow that is not found, and a run, are answers and no failures.
            way = WAYS[number] if number < min(limit, len(WAYS)) else None
            if way is None or way == "404" and kind in ("flows", "runs"):
                return self.answer(200, success(kind))
        form = urllib.parse.parse_qs(body).get("client_secret", [""])[0]
        # What was told comes first: texts are cut.
        words = " ".join(filter(None, [self.headers.get("Authorization"), form, body, self.path, str(self.headers)]))
        line = " ".join(words.split())
        headers = {"X-Debug": line.encode("latin-1", "replace").decode("latin-1"), "WWW-Authenticate": f'Bearer realm="{token}"', "Set-Cookie": f"t={token}"}
        error = {
            "message": words, "error_code": line, "code": line, "title": words, "detail": words, "error": words,
            "error_description": words, "errorMessage": words, "errorDetails": words, "status": line,
        }
        status = int(way.split()[0]) if way[0].isdigit() else 0
        if way == "close":
            self.close_connection = True
        elif way == "close in the middle":
            self.answer(200, error, headers, cut=True)
        elif way.endswith("html"):
            self.answer(status, f"<html><title>{words}</title><body>{words}</body></html>".encode(), {**headers, "Content-Type": "text/html"})
        elif way.endswith("text"):
            self.answer(status, words.encode(), headers)
        elif way.endswith("garbage"):
            self.answer(status, b"\xff\x00{" + words.encode() + b"\xfe", headers)
        elif way.endswith("truncated"):
            self.answer(status, json.dumps(error).encode()[:-1], headers)
        elif way.endswith("errors"):
            self.answer(status, {"errors": [{"msg": words, "message": words, "code": line}]}, headers)
        elif way.endswith("nested"):
            self.answer(status, {"error": error, "report": {"message": words}}, headers)
        elif status == 307:
            self.answer(307, error, {**headers, "Location": f"http://127.0.0.1:{port}/?access_token={urllib.parse.quote(words)}"})
        else:
            self.answer(status, error, headers, reason=line[:200].encode("latin-1", "replace").decode("latin-1"))

    do_GET = do_POST


class Server(ThreadingHTTPServer):
    daemon_threads = True


Server(("127.0.0.1", port), Handler).serve_forever()
