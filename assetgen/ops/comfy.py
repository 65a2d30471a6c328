"""The prompt in a ComfyUI graph: from what samples back to what says; knows no picture file.

Two forms are read, as ComfyUI saves them: the `prompt` that was run (node id → class_type, inputs;
a link is `[id, slot]`) and the editor's `workflow` (nodes with numbered links and values without
names). Custom nodes may do anything, so this follows links by what inputs are usually called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_NODES = 20_000
MAX_STEPS = 1_000
"""Nodes that one search looks at."""

_TEXTS = (
    "text",
    "text_g",
    "text_l",
    "t5xxl",
    "clip_l",
    "clip_g",
    "prompt",
    "populated_text",
    "string",
    "value",
    "string_a",
    "string_b",
    "text_a",
    "text_b",
    "text1",
    "text2",
)
_NOT_FOLLOWED = re.compile(
    r"model|clip|vae|images?|pixels|latents?|latent_image|samples|control_net|masks?"
    r"|style_model|clip_vision.*|noise|sigmas|sampler|seed|width|height"
)
_SPEAKS = re.compile(r"text|prompt|string|conditioning", re.IGNORECASE)
_SAVES = re.compile(r"save|preview", re.IGNORECASE)
_SILENT = re.compile(r"zero.?out", re.IGNORECASE)


@dataclass(slots=True)
class _Node:
    """A node: what it is, the nodes that its inputs come from, and its texts by input."""

    kind: str
    links: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


_Graph = Mapping[str, _Node]


def prompts(data: object) -> tuple[str, str]:
    """Return the positive and the negative prompt of a graph in either form; "" for none.

    The sampler nearest to what is saved counts. Raises nothing.
    """
    graph = _graph(data)
    for name in _samplers(graph):
        found = tuple(_said(graph, name, side) for side in ("positive", "negative"))
        if found[0]:
            return found[0], found[1]
    return "", ""


def is_graph(data: object) -> bool:
    """Return whether some JSON is a graph in either form."""
    return bool(_graph(data))


def _graph(data: object) -> dict[str, _Node]:
    if not isinstance(data, Mapping):
        return {}
    nodes = data.get("nodes")
    if isinstance(nodes, list):
        return _drawn(nodes, data.get("links"))
    return {
        str(name): _run(node)
        for name, node in list(data.items())[:MAX_NODES]
        if isinstance(node, Mapping)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), Mapping)
    }


def _run(node: Mapping[str, Any]) -> _Node:
    made = _Node(node["class_type"])
    for name, value in node["inputs"].items():
        if isinstance(value, str):
            made.texts[name] = value
        elif isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int):
            made.links[name] = str(value[0])
    return made


def _drawn(nodes: list[Any], links: object) -> dict[str, _Node]:
    sources: dict[Any, str] = {}
    for link in links[:MAX_NODES] if isinstance(links, list) else ():
        if isinstance(link, list) and len(link) > 2 and isinstance(link[0], int):
            sources[link[0]] = str(link[1])
    graph: dict[str, _Node] = {}
    for node in nodes[:MAX_NODES]:
        if isinstance(node, Mapping) and isinstance(node.get("type"), str):
            graph[str(node.get("id"))] = _drawn_node(node, sources)
    return graph


def _drawn_node(node: Mapping[str, Any], sources: Mapping[Any, str]) -> _Node:
    made = _Node(node["type"])
    inputs = node.get("inputs")
    for one in inputs if isinstance(inputs, list) else ():
        link = one.get("link") if isinstance(one, Mapping) else None
        if isinstance(link, int) and link in sources:
            made.links[str(one.get("name"))] = sources[link]
    values = node.get("widgets_values")
    if isinstance(values, list) and _SPEAKS.search(made.kind):
        # The values have no names here, and the texts stand before the settings.
        made.texts = {"text": next((one for one in values if isinstance(one, str)), "")}
    return made


def _samplers(graph: _Graph) -> Iterator[str]:
    """Yield the nodes that sample: nearest to what is saved first, then all others."""
    saving = [name for name, node in graph.items() if _SAVES.search(node.kind)]
    near = list(_upstream(graph, saving))
    seen = set(near)
    for name in (*near, *(name for name in graph if name not in seen)):
        if "sampl" in graph[name].kind.lower():
            yield name


def _upstream(graph: _Graph, start: Iterable[str]) -> Iterator[str]:
    """Yield ``start`` and everything that it is made of, nearest first."""
    level, seen = list(start), set(start)
    while level:
        yield from level
        inputs = [link for name in level for link in graph[name].links.values()]
        level = [name for name in dict.fromkeys(inputs) if name in graph and name not in seen]
        seen.update(level)


def _guide(graph: _Graph, sampler: str, side: str) -> str:
    """Return the node that guides a sampler to one side; "" if none does."""
    node = graph[sampler]
    if side in node.links:
        return node.links[side]
    guider = graph.get(node.links.get("guider", ""))
    if guider is None:
        return ""
    names = (side, "conditioning", "cond1") if side == "positive" else (side,)
    return next((guider.links[name] for name in names if name in guider.links), "")


def _said(graph: _Graph, sampler: str, side: str) -> str:
    """Return the texts that guide a sampler to one side, each once, in order."""
    own = graph[sampler].texts.get(side, "").strip()
    said: dict[str, None] = {own: None} if own else {}
    start = _guide(graph, sampler, side)
    waiting, seen = [start], {start}
    while waiting and len(seen) < MAX_STEPS:
        node = graph.get(waiting.pop())
        if node is None or _SILENT.search(node.kind):
            continue
        for text in _own_texts(node, side):
            said.setdefault(text)
        further = [link for link in _followed(node, side) if link not in seen]
        seen.update(further)
        waiting.extend(reversed(further))
    return "\n".join(said)


def _own_texts(node: _Node, side: str) -> Iterator[str]:
    names = [name for name in (*_TEXTS, side) if name in node.texts]
    if "populated_text" in names:  # what a wildcard came to, beside the wildcard
        names = ["populated_text"]
    yield from (text for name in names if (text := node.texts[name].strip()))


def _followed(node: _Node, side: str) -> list[str]:
    if side in node.links:  # what passes both sides on has each under its name
        return [node.links[side]]
    other = "negative" if side == "positive" else "positive"
    return [
        link
        for name, link in node.links.items()
        if name != other and not _NOT_FOLLOWED.fullmatch(name)
    ]
