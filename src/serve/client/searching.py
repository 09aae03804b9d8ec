"""The client's part that finds products of the server's catalogue."""

from __future__ import annotations

from typing import Unpack, cast
from urllib.parse import quote

from serve.client import search_answers as answers
from serve.client.photos import Photo, photos
from serve.client.transport import Transport


class Searches:
    """What a client asks a catalogue.

    Attributes:
        transport: of the client.
    """

    transport: Transport

    def search_words(self, words: str, **options: Unpack[answers.SearchOptions]) -> answers.FoundByWords:
        """Products that English or Chinese words ask for."""
        values = {"words": words, **options}
        return cast(answers.FoundByWords, self.transport.ask_json("POST", "/v1/search/words", values=values))

    def search_similar(
        self, image: Photo | None = None, *, item_id: str | None = None, **options: Unpack[answers.SearchOptions]
    ) -> answers.FoundSimilar:
        """Products that look like one of the catalogue, or like the garment of a shop photo."""
        sent = photos(image=image) or None
        found = self.transport.ask_json(
            "POST", "/v1/search/similar", values={"item_id": item_id, **options}, photos=sent
        )
        return cast(answers.FoundSimilar, found)

    def search_look(self, person: Photo, **options: Unpack[answers.LookOptions]) -> answers.FoundLook:
        """For each garment that somebody wears, products that look like it."""
        found = self.transport.ask_json("POST", "/v1/search/look", values=options, photos=photos(person=person))
        return cast(answers.FoundLook, found)

    def picture(self, item_id: str) -> bytes:
        """The file of a product's picture."""
        return self.transport.ask("GET", f"/v1/pictures/{quote(item_id, safe='')}")

    def index(self) -> answers.IndexInfo | None:
        """The catalogue that is searched; None = there is none."""
        return cast(answers.IndexInfo | None, self.transport.ask_json("GET", "/v1/models")["index"])
