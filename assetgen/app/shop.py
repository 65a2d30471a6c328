"""The providers that one build may buy from, with their keys and limits; buys nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

from assetgen.app.project import Project
from assetgen.catalogue import Catalogue
from assetgen.config import SERVICES, api_key, key_variable
from assetgen.config import Limits as ProviderLimits
from assetgen.digest import Digest
from assetgen.errors import Kind, Problem
from assetgen.paid.account import Account
from assetgen.paid.addresses import Addresses
from assetgen.paid.collector import Counter
from assetgen.paid.outcomes import NoKey
from assetgen.plan.model import Plan
from assetgen.state import Verdict

if TYPE_CHECKING:
    from assetgen.providers.http import Http

NO_KEY = Kind(
    "no-key",
    "{provider} needs a key, and {variable} is not set",
    "get one at {where} and set {variable}, or build with --draft",
)


class _Counters(dict[str, Counter]):
    """Counters by provider; one that is not there says which key would open it."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self._shop = shop

    def __missing__(self, provider: str) -> Counter:
        raise self._shop.no_key(provider)


class Shop:
    """Counters for those providers that a plan, or a call in flight, has to do with.

    Attributes:
        counters: by provider's name; asking for one without a key raises NoKey.
        addresses: finds a public address for input pictures.
        catalogue: what the providers serve.
    """

    def __init__(
        self,
        project: Project,
        catalogue: Catalogue,
        draft: Counter,
        given: Mapping[str, Counter] | None,
        published: Callable[[Digest], str | None] = lambda digest: None,
    ) -> None:
        self._project = project
        self._given = given
        self._published = published
        self.catalogue = catalogue
        self.counters: dict[str, Counter] = _Counters(self)
        self.counters["draft"] = draft
        self._http: Http | None = None
        self._is_local = False
        self.addresses = Addresses(project.ledger, project.clock, catalogue.services)

    def open(self, plan: Plan) -> None:
        """Open what ``plan`` and the calls in flight need and a key is set for.

        What is open stays so. Raises UsageError for a key or a base URL that is none.
        """
        if self._given is not None:
            self.counters.update(self._given)
            return
        wanted = {offer.route.provider for d in plan.decisions for offer in d.offers}
        wanted |= {job.provider for job in self._project.ledger.open_jobs(self._project.root)}
        keys = (decision.action.key for decision in plan.decisions if decision.action)
        held = (Verdict.RUN, Verdict.HELD)
        if any(decision.verdict in held for decision in plan.decisions):
            jobs = (job for key in keys for job in self._project.ledger.jobs_of(key))
            wanted |= {job.provider for job in jobs if job.state.is_open}
        wanted -= self.counters.keys()
        names = [name for name in SERVICES if name in wanted and self.catalogue.is_ready(name)]
        if names:
            self._open_services(names)

    def _open_services(self, names: Iterable[str]) -> None:
        # The HTTP client takes as long to load as a small project to plan, and drafts need none.
        from assetgen.providers.hosting import PublicFolder, open_host, verified
        from assetgen.providers.services import open_services

        config, environ = self._project.config, self._project.environ
        services = open_services(
            {name: self.catalogue.service(name) for name in names},
            config.providers,
            {name: api_key(environ, name) for name in names},
            self._http,
        )
        self._http = services.http
        self._is_local = self._is_local or services.is_local
        self.addresses.check = partial(verified, services.http, loopback=self._is_local)
        if config.hosting.store:
            # Opened when it is needed: most builds upload nothing.
            host = cache(partial(open_host, config.hosting))
            self.addresses.put = lambda data, name: host().put(data, name)
        if config.hosting.public_url:
            folder = PublicFolder(config.hosting.public_url)
            self.addresses.known = partial(self._address, folder.address)
        for name, provider in services.providers.items():
            service = self.catalogue.service(name)
            limits = config.providers.get(name, ProviderLimits())
            key = api_key(environ, name)
            self.counters[name] = Counter(
                provider,
                self._project.bought,
                key.reveal().encode() if key else b"no key",
                Account(self._project.clock, rate=limits.rate or service.rate),
                first_poll=service.first_poll if limits.first_poll is None else limits.first_poll,
                poll=service.poll if limits.poll is None else limits.poll,
            )

    def _address(self, address: Callable[[str], str], digest: Digest) -> str | None:
        path = self._published(digest)
        return address(path) if path else None

    def check_keys(self, plan: Plan) -> None:
        """Raise NoKey for every provider whose key is missing while only it would do.

        What waits for a picture that is yet to be bought counts too: that one would be paid for
        before the mistake is found. What waits for a review does not.
        """
        missing: dict[str, NoKey] = {}
        gated: set[str] = set()
        for decision in plan.decisions:
            if decision.waits or not gated.isdisjoint(decision.target.needs):
                gated.add(decision.target.name)
            if not decision.buy and decision.target.name in gated:
                continue
            names = [offer.route.provider for offer in decision.offers if decision.images.max]
            if names and not any(name in self.counters for name in names):
                missing.setdefault(names[0], self.no_key(names[0]))
        if missing:
            raise NoKey(*(error.problems[0] for error in missing.values()))

    def no_key(self, provider: str) -> NoKey:
        """Return what to say where ``provider`` is needed and its key is not set."""
        where = self.catalogue.service(provider).keys_at or "its console"
        facts = {"provider": provider, "variable": key_variable(provider), "where": where}
        return NoKey(Problem(NO_KEY, facts=facts))

    async def close(self) -> None:
        """Close every provider."""
        for counter in self.counters.values():
            await counter.provider.close()
        if self._http is not None:
            await self._http.close()
