"""The sentences that explain verdicts; decides nothing."""

from __future__ import annotations

from assetgen.errors import Kind

EDITED = Kind(
    "edited-by-hand",
    "{path} was edited by hand; it is left alone ('assetgen adopt {target} {path}' keeps it, "
    "'assetgen restore {target}' puts the built picture back)",
)
FOREIGN = Kind(
    "not-ours",
    "{path} was there before; it is left alone ('assetgen adopt {target} {path}' takes it in, or "
    "move it away to have {target} built)",
)
PART_EDITED = Kind(
    "part-edited-by-hand",
    "{path} was edited by hand; it is left alone ('assetgen restore {target}' puts the built one "
    "back)",
)
PART_FOREIGN = Kind(
    "part-not-ours",
    "{path} was there before; it is left alone (move it away to have {target} built)",
)
PINNED = Kind("pinned", "take {take} is pinned, whatever the recipe says")
ADOPTED = Kind("adopted", "the adopted file is kept, whatever the recipe says")
ACCEPTED = Kind("accepted", "the picture was accepted as it is, though the recipe changed")
BOUGHT_STAYS = Kind("bought-stays", "a draft never replaces a bought picture")
HELD = Kind(
    "held",
    "a paid call to {provider} may have been accepted, its answer is unknown: see 'assetgen jobs'",
)
IN_FLIGHT = Kind("in-flight", "take {take} was ordered from {provider}; it will be collected")
ENDED = Kind("ended", "{provider} ended this request: {reason}")
ABANDONED = Kind("abandoned", "its call to {provider} was abandoned; 'assetgen jobs retry {job}'")
INPUT_HELD = Kind("input-held", "needs {input}, which is held")
INPUT_FAILED = Kind("input-failed", "needs {input}, which failed")
INPUT_BLOCKED = Kind("input-blocked", "needs {input}, which is blocked")
INPUT_REVIEW = Kind(
    "input-review", "needs {input}, which waits for a pick: 'assetgen pick {input} N'"
)
INPUT_MODIFIED = Kind("input-modified", "needs {input}, whose file is not one that was built")
INPUT_LOST = Kind(
    "input-lost",
    "needs the bought picture of {input}, which nothing here can read (--rebuy-lost buys it again)",
)
INPUT_MISSING = Kind("input-missing", "needs ./{path}, which is not there")
INPUT_CHANGES = Kind("input-changes", "{input} will change first")
LOST = Kind(
    "lost",
    "its bought picture {digest} is needed, and nothing here can read it "
    "(--rebuy-lost buys it again)",
)
NEW = Kind("new", "not made yet")
CHANGED = Kind("changed", "changed: {fields}")
DRAFTED = Kind("drafted", "only a draft stands here")
REDRAW = Kind("redraw", "its draft is no longer in the cache")
REBUY = Kind("rebuy", "its bought picture is lost and is bought again")
MISSING_OUTPUT = Kind("output-missing", "{path} is missing")
OLD_OUTPUT = Kind("output-old", "{path} is not what the lock says")
LOCAL_CHANGED = Kind("local-changed", "local work changed for {path}")
REROLL = Kind("reroll", "{number} more of it asked for")
FORCED = Kind("forced", "local work runs again (--force)")
KNOWN_KEY = Kind("known-key", "take {take} of this recipe was made before")
SHARED = Kind("shared", "shares the picture of {target}")
NEAREST = Kind("nearest-ratio", "asks {provider} for {asked}, crops to {ratio}")
