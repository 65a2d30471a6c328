"""`python -m assetgen` is the command `assetgen`, where only the interpreter is known."""

from __future__ import annotations

from assetgen.cli.main import main

if __name__ == "__main__":
    main()
