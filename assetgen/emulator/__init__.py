"""The picture services as a local HTTP server; knows nothing of assetgen's own clients.

It speaks the wire formats of Pixazo, Runware, APIXO, xAI and OpenAI's Images API as their
documents have them, refuses what these refuse, keeps a ledger of what it would have charged, and
goes wrong on request. :class:`~assetgen.emulator.emulator.Emulator` serves it from a test,
`assetgen emulate` from a terminal. It needs the extra `serve`.
"""
