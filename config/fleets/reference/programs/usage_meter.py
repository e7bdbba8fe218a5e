"""Measures how much a folder holds: python3 usage_meter.py FOLDER FILE SECONDS

Writes the total to FILE at an interval. The file's age is its sign of life: nobody asks it anything.
"""

import pathlib
import sys
import time

folder, file, seconds = sys.argv[1:4]
while True:
    total = sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file())
    pathlib.Path(file).write_text(f"{total}\n")
    time.sleep(float(seconds))
