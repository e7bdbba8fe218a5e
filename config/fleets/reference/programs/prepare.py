"""What must be there before the others start: python3 prepare.py FOLDER

Makes the folders of a machine and a few documents in them, and ends. Run again it changes nothing.
"""

import pathlib
import sys

DOCUMENTS = {
    "weights.txt": "the weights that the model servers load",
    "handbook.txt": "how the team works, and whom to ask",
    "glossary.txt": "what the words of the team mean",
}

root = pathlib.Path(sys.argv[1])
for folder in ("artifacts", "inbox"):
    (root / folder).mkdir(parents=True, exist_ok=True)
for name, text in DOCUMENTS.items():
    document = root / "artifacts" / name
    if not document.exists():
        document.write_text(text + "\n")
(root / "audit.log").touch()
print(f"prepared {root}")
