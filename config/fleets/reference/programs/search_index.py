"""A search index over a folder of texts: python3 search_index.py FOLDER HOST PORT

Reads the texts first and says so in one line, which is what its start waits for; then answers
GET /search?q=WORD with the names of the texts that hold the word, and GET /health.
"""

import http.server
import json
import pathlib
import sys
import urllib.parse

folder, host, port = sys.argv[1:4]
texts = {path.name: path.read_text().lower() for path in sorted(pathlib.Path(folder).glob("*.txt"))}


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/health":
            return self.answer({"documents": len(texts)})
        if url.path != "/search":
            return self.send_error(404)
        word = urllib.parse.parse_qs(url.query).get("q", [""])[0].lower()
        self.answer({"found": [name for name, text in texts.items() if word and word in text]})

    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer((host, int(port)), Answers)
print(f"index ready: {len(texts)} documents", flush=True)
server.serve_forever()
