"""The catalogue's rows hold together, and a user's rows are read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assetgen.action import DRAFT_MODEL
from assetgen.aspect import parse_ratio, share_kept
from assetgen.catalogue import ANY, Catalogue, Route
from assetgen.config import SERVICES
from assetgen.errors import UsageError
from assetgen.rows import read_catalogue

NOWHERE = "/nowhere/catalogue.toml"
OWN = read_catalogue(NOWHERE)
MODELS = [model for model in OWN.models if model != DRAFT_MODEL]


def routes() -> Iterator[Route]:
    """Yield the package's routes, the draft's aside."""
    for model in MODELS:
        yield from OWN.models[model]


ROUTES = list(routes())
each_route = pytest.mark.parametrize(
    "route", ROUTES, ids=lambda r: f"{r.model}-{r.provider}-{r.kind}".replace("/", "-")
)


class User:
    """A user with a catalogue of their own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "catalogue.toml"

    def says(self, text: str) -> Catalogue:
        """Return the catalogue that this text makes."""
        self.path.write_text(text, encoding="utf-8")
        return read_catalogue(str(self.path))

    def is_told(self, text: str) -> list[str]:
        """Return what is wrong with this text: places, causes and next steps."""
        with pytest.raises(UsageError) as caught:
            self.says(text)
        assert all(p.loc and p.loc.file == str(self.path) for p in caught.value.problems)
        return [
            f"{p.loc.line if p.loc else 0}: {p.cause} ({p.step})" for p in caught.value.problems
        ]


@pytest.fixture
def user(tmp_path: Path) -> User:
    """A user without rows."""
    return User(tmp_path)


def test_the_seeds_models_and_their_successors_are_served() -> None:
    """Each model is offered by the services whose documents describe it, for both kinds of call."""
    served = {
        model: {
            kind: [r.provider for r in OWN.routes(model, kind)] for kind in ("generate", "edit")
        }
        for model in MODELS
        if model.startswith("xai/")
    }
    expected = {
        "xai/grok-imagine-image": ["runware", "xai", "apixo"],
        "xai/grok-imagine-image-quality": ["runware", "pixazo", "xai"],
        "xai/grok-imagine-image-pro": ["xai", "runware"],
        "xai/grok-imagine-image-2.0": ["xai", "runware", "pixazo"],
    }
    assert served == {m: {"generate": names, "edit": names} for m, names in expected.items()}


def test_every_service_that_can_be_configured_has_a_row() -> None:
    """Keys, base URLs and limits can be set for just the services of the catalogue."""
    assert set(OWN.services) == {"draft", *SERVICES}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_where_it_is_and_what_it_leaves_open(name: str) -> None:
    """Address, key page, source, what failures cost, and what nobody knows."""
    service = OWN.services[name]
    assert service.base_url.startswith("https://") and not service.base_url.endswith("/")
    assert service.keys_at.startswith("https://")
    assert service.title and service.source and service.failures and service.unknown
    assert service.concurrency >= 1 and service.first_poll >= service.poll >= 1
    assert service.needs_key


def test_only_the_service_that_takes_our_ids_derives_them() -> None:
    """An ambiguous submit can be asked for at Runware alone."""
    assert [s.name for s in OWN.services.values() if s.derives_ids] == ["draft", "runware"]


def test_results_of_apixo_live_for_fifteen_days() -> None:
    """Its page says so; nobody says anything for the others."""
    lives = {s.name: s.life for s in OWN.services.values() if s.life is not None}
    assert lives == {"apixo": 15 * 24 * 3600}


@each_route
def test_a_route_is_complete(route: Route) -> None:
    """It has a name, one kind, a source with a day, and no more than its service has."""
    assert route.provider in SERVICES
    assert route.kind in ("generate", "edit")
    assert route.name and route.source
    assert date(2026, 1, 1) <= date.fromisoformat(route.as_of) <= date(2026, 12, 31)
    assert route.count >= 1 and route.resolutions
    assert all(re.fullmatch(r"\d+(\.\d)?k", tier) for tier in route.resolutions)
    if route.kind == "edit":
        assert route.references >= 1 and route.forms
    else:
        assert route.references == 0 and not route.forms and not route.per_reference
        assert route.ratios


@each_route
def test_its_ratios_are_ratios(route: Route) -> None:
    """`19.5:9` is one; `auto` is what no ratio at all stands for."""
    assert all(parse_ratio(label) for label in route.ratios)
    assert len(set(route.ratios)) == len(route.ratios)


@each_route
def test_its_sizes_cover_its_resolutions_and_nearly_have_their_ratios(route: Route) -> None:
    """A crop from the real pixels to the label keeps nine tenths; a larger tier is larger."""
    if not route.pixels:
        return
    assert set(route.pixels) == set(route.resolutions) or route.resolutions == ("1k",)
    areas: dict[str, int] = {}
    for tier in route.resolutions:
        for label, (width, height) in route.pixels[tier].items():
            wanted = parse_ratio(label)
            assert wanted is not None and label in route.ratios
            real = parse_ratio(f"{width}:{height}")
            assert real is not None and share_kept(real, wanted) > 0.9
            assert width * height > areas.get(label, 500_000)
            areas[label] = width * height


@each_route
def test_its_prices_are_of_what_it_serves(route: Route) -> None:
    """Each price is for a tier and a quality of the route; none is free."""
    for key, price in route.prices.items():
        quality, _, tier = key.rpartition("/")
        assert 0 < price < 1
        assert key == "*" or tier in route.resolutions
        assert not quality or quality in ("default", *route.qualities)


@each_route
def test_what_only_reads_addresses_belongs_to_a_service_without_upload(route: Route) -> None:
    """Pixazo and APIXO read URLs; the others take bytes."""
    if route.kind == "edit":
        assert (route.forms == ("url",)) == (route.provider in ("pixazo", "apixo"))


def test_pixazo_has_no_price() -> None:
    """Its prices are shown in its console only, so none is made up."""
    assert not any(route.prices for route in ROUTES if route.provider == "pixazo")


def test_runware_has_a_size_for_each_ratio_that_it_is_asked_for() -> None:
    """It wants pixels; an edit follows its input and wants none."""
    for route in ROUTES:
        if route.provider == "runware":
            assert bool(route.pixels) == (route.kind == "generate")
            assert bool(route.ratios) == (route.kind == "generate")


def test_openai_is_asked_for_sizes_that_its_rule_allows() -> None:
    """Sides in steps of 16 up to 3840, 1:3 to 3:1, 655,360 to 8,294,400 pixels."""
    for route in ROUTES:
        for sizes in route.pixels.values() if route.provider == "openai" else ():
            for width, height in sizes.values():
                assert width % 16 == 0 and height % 16 == 0 and max(width, height) <= 3840
                assert 655_360 <= width * height <= 8_294_400
                assert max(width, height) <= 3 * min(width, height)


def test_the_order_is_that_of_preference() -> None:
    """Not withdrawn, known price, cheaper, ids that can be asked for: in this order."""
    for model in MODELS:
        for kind in ("generate", "edit"):
            found = OWN.routes(model, kind)
            keys = [
                (
                    bool(r.withdrawn),
                    r.price("1k", None, 0) is None,
                    r.price("1k", None, 0) or 0,
                    not OWN.service(r.provider).derives_ids,
                )
                for r in found
            ]
            assert keys == sorted(keys), f"{model} {kind}"


def test_withdrawn_rows_say_when() -> None:
    """They stay usable; the words go into a warning."""
    withdrawn = {(r.model, r.provider) for r in ROUTES if r.withdrawn}
    assert withdrawn == {
        ("xai/grok-imagine-image-quality", "xai"),
        ("xai/grok-imagine-image-pro", "xai"),
        ("xai/grok-imagine-image-pro", "runware"),
    }
    assert all(re.search(r"2026-\d\d-\d\d", r.withdrawn) for r in ROUTES if r.withdrawn)


def test_no_file_of_the_user_is_no_error(tmp_path: Path) -> None:
    """The package's rows and the draft's are there."""
    catalogue = read_catalogue(str(tmp_path / "catalogue.toml"))
    assert catalogue.models == OWN.models
    assert catalogue.routes(DRAFT_MODEL, "edit")[0].provider == "draft"


def test_catalogues_share_no_memory(tmp_path: Path) -> None:
    """What one plan remembered of its catalogue is no other plan's business."""
    one, two = (read_catalogue(str(tmp_path / "catalogue.toml")) for _ in "ab")
    one.memo["asked"] = "answered"
    assert two.memo == {}


def test_a_user_adds_a_server_of_their_own(user: User) -> None:
    """A row for a local server: any ratio and size, free, after everything else."""
    catalogue = user.says(
        """
        [[route]]
        model = "local/flux"
        provider = "openai"
        name = "flux.1-dev"
        ratios = "*"
        resolutions = "*"
        prices = 0
        """
    )
    (route,) = catalogue.routes("local/flux", "generate")
    assert route.ratios == route.resolutions == ANY
    assert route.nearest("3:2", "3k") == ("3:2", (3776, 2496))
    assert route.price("3k", "fine", 0) == 0.0
    assert catalogue.routes("local/flux", "edit") == (route,)


def test_a_user_sets_a_price_that_nobody_publishes(user: User) -> None:
    """Without a kind it is that of all the provider's rows; the rest of them stays."""
    catalogue = user.says(
        """
        [[route]]
        model = "xai/grok-imagine-image-quality"
        provider = "pixazo"
        prices = { 1k = 0.05, 2k = 0.07 }
        """
    )
    for kind in ("generate", "edit"):
        before = OWN.routes("xai/grok-imagine-image-quality", kind, ["pixazo"])[0]
        after = catalogue.routes("xai/grok-imagine-image-quality", kind, ["pixazo"])[0]
        assert after.price("2k", None, 0) == 0.07
        assert (after.name, after.ratios, after.forms) == (before.name, before.ratios, before.forms)
        assert (after.source, after.as_of) == ("your catalogue.toml", "")


def test_a_changed_row_keeps_its_place(user: User) -> None:
    """The order of a model's routes is not touched by a price."""
    catalogue = user.says(
        """
        [[route]]
        model = "xai/grok-imagine-image"
        provider = "runware"
        kind = "edit"
        prices = 9.99
        """
    )
    model = "xai/grok-imagine-image"
    assert [r.provider for r in catalogue.models[model]] == [r.provider for r in OWN.models[model]]
    assert catalogue.routes(model, "edit")[0].price("1k", None, 0) == 9.99
    assert catalogue.routes(model, "generate")[0].price("1k", None, 0) == 0.02


def test_a_new_row_of_a_known_model_comes_last(user: User) -> None:
    """Nothing is bought elsewhere because a row was added."""
    catalogue = user.says(
        """
        [[route]]
        model = "xai/grok-imagine-image"
        provider = "pixazo"
        kind = "generate"
        name = "grok-imagine-api-641/v1/text-to-image"
        ratios = "grok"
        """
    )
    found = catalogue.routes("xai/grok-imagine-image", "generate")
    assert [r.provider for r in found] == ["runware", "xai", "apixo", "pixazo"]
    assert len(found[-1].ratios) == 13


def test_a_user_names_sizes_of_their_own(user: User) -> None:
    """A set of sizes can be named or written into the row; labels come of the sizes."""
    catalogue = user.says(
        """
        [pixels.wide.1k]
        "1:1" = "512x512"
        "2:1" = "768x384"

        [[route]]
        model = "local/a"
        provider = "openai"
        name = "a"
        pixels = "wide"

        [[route]]
        model = "local/b"
        provider = "openai"
        name = "b"
        pixels = { 1k = { "1:1" = "512x512" } }
        """
    )
    (named,), (written,) = (catalogue.models[f"local/{name}"] for name in "ab")
    assert named.ratios == ("1:1", "2:1")
    assert named.nearest("19:10", "1k") == ("2:1", (768, 384))
    assert written.nearest("19:10", "1k") == ("1:1", (512, 512))


def test_a_row_that_is_no_longer_withdrawn(user: User) -> None:
    """A user who knows better silences the warning."""
    catalogue = user.says(
        """
        [[route]]
        model = "xai/grok-imagine-image-pro"
        provider = "runware"
        withdrawn = ""
        """
    )
    found = catalogue.routes("xai/grok-imagine-image-pro", "generate", ["runware"])
    assert [r.withdrawn for r in found] == [""]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 1", "1: unknown key 'colour' in the catalogue (known: pixels, ratios, route)"),
        ("routes = []", "1: unknown key 'routes' in the catalogue (did you mean 'route'?)"),
        (
            "[services.mine]\nbase_url = 'x'",
            "1: a catalogue of yours cannot change services "
            "(addresses and limits are set in [providers.NAME] of the user config)",
        ),
        (
            "route = 3",
            "1: route of the catalogue must be tables that are headed [[route]], not 'route' "
            "(mend it)",
        ),
        (
            "[ratios]\nfew = ['1:1', 'wide']",
            "1: ratios.few of the catalogue must be a list of ratios such as ['1:1', '3:2'], or "
            "'*', not ['1:1', 'wide'] (mend it)",
        ),
    ],
)
def test_mistakes_outside_routes(user: User, text: str, said: str) -> None:
    """Each is one line with its next step."""
    assert user.is_told(text) == [said]


ROUTE = "[[route]]\nmodel = 'local/flux'\nprovider = 'openai'\nname = 'flux'\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "resolution = '1k'",
            "unknown key 'resolution' in the route (did you mean 'resolutions'?)",
        ),
        ("kind = 'Edit'", "must be one of generate, edit, not 'Edit' (did you mean 'edit'?)"),
        ("ratios = ['wide']", "must be a list of ratios such as"),
        ("ratios = 'grik'", "or the values themselves, not 'grik' (did you mean 'grok'?)"),
        ("resolutions = ['1024']", "must be a list of tiers such as ['1k', '2k'], or '*'"),
        ("resolutions = []", "must be a list of tiers such as ['1k', '2k'], or '*', not []"),
        ("formats = ['jpg']", "must be one of png, jpeg, webp, not ['jpg'] (did you mean 'jpeg'?)"),
        ("references = -1", "must be a whole number, 0 or more, not -1"),
        ("references = true", "must be a whole number, 0 or more, not True"),
        ("references = 2", "takes input pictures in no form (give 'forms'"),
        ("kind = 'edit'", "edits, but takes no input picture (give 'references')"),
        ("forms = ['file']", "must be one of data, upload, url"),
        ("prompt = 0", "must be a whole number, 1 or more, not 0"),
        ("prices = -0.01", "must be an amount of USD from 0 to 10,000, not -0.01"),
        ("prices = nan", "must be an amount of USD from 0 to 10,000, not nan"),
        ("prices = inf", "must be an amount of USD from 0 to 10,000, not inf"),
        ("prices = '0.05'", "must be an amount of USD, not '0.05'"),
        ("prices = { low = 1 }", "must be amounts by resolution or quality/resolution"),
        ("prices = { 2k = 1 }", "a price for '2k', which is not in 'resolutions' (known: 1k)"),
        ("prices = { 'low/1k' = 1 }", "a price for 'low', which is not in 'qualities'"),
        ("pixels = { 1k = { '1:1' = '0x512' } }", "must be a table of tables"),
        ("pixels = { 1k = { 'wide' = '512x512' } }", "must be a table of tables"),
        ("pixels = { big = {} }", "must be a table of tables"),
        ("as_of = 'yesterday'", "must be a day such as 2026-11-21, not 'yesterday'"),
        ("source = 7", "must be a text, not 7"),
    ],
)
def test_mistakes_in_a_route(user: User, line: str, said: str) -> None:
    """Each is reported in the line where it stands."""
    (problem,) = user.is_told(f"# mine\n{ROUTE}{line}\n")
    place, _, text = problem.partition(": ")
    assert place == "6"
    assert said in text.replace("the route of local/flux by openai", "the route")


def test_a_route_must_say_whose_it_is(user: User) -> None:
    """Model, provider and name cannot be guessed."""
    assert user.is_told("[[route]]\n") == [
        "1: route 1 has no 'model' (a route needs a model and a provider)",
        "1: route 1 has no 'provider' (a route needs a model and a provider)",
    ]
    assert user.is_told("[[route]]\nmodel = 'local/a'\nprovider = 'openai'\n") == [
        "2: the route of local/a by openai has no 'name' "
        "(give the service's own word for the model)"
    ]


def test_the_draft_model_is_not_for_sale(user: User) -> None:
    """A user cannot give `draft` to a service that costs money."""
    (said,) = user.is_told("[[route]]\nmodel = 'draft'\nprovider = 'openai'\nname = 'x'\n")
    assert "'draft' is built in" in said


def test_a_provider_needs_code(user: User) -> None:
    """Rows can only be of the services that assetgen speaks to."""
    (said,) = user.is_told("[[route]]\nmodel = 'a/b'\nprovider = 'opnai'\nname = 'x'\n")
    assert said.startswith("3: provider of the route of a/b by opnai must be one of pixazo,")
    assert said.endswith("(did you mean 'openai'?)")


def test_all_mistakes_are_reported_together(user: User) -> None:
    """A second run is not needed to see the second mistake."""
    told = user.is_told(f"{ROUTE}prices = -1\nkinds = 2\n{ROUTE}count = 0\ncolour = 1\n")
    assert [said.partition(":")[0] for said in told] == ["5", "6", "11", "12"]


def test_a_ratio_without_pixels(user: User) -> None:
    """A service that wants pixels cannot be asked for a label that has none."""
    (said,) = user.is_told(
        "[[route]]\nmodel = 'xai/grok-imagine-image'\nprovider = 'runware'\nkind = 'generate'\n"
        "ratios = ['1:1', '5:4']\n"
    )
    assert said.startswith("5: ") and "has no pixels for 5:4" in said


@pytest.mark.parametrize("text", ["[[route]", "a = 1\na = 2"])
def test_a_file_that_is_no_toml(user: User, text: str) -> None:
    """It is named, with what to do."""
    (said,) = user.is_told(text)
    assert "the catalogue cannot be read" in said
    assert str(user.path) in said


def test_bytes_that_are_no_text(user: User) -> None:
    """A binary file is no traceback."""
    user.path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError):
        read_catalogue(str(user.path))
