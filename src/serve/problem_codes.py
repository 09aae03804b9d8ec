"""The codes of all problems, which clients may build on, and what each means."""

from __future__ import annotations

# code -> HTTP status and title. A code never changes its meaning; the image-... ones are those of ImageError.
PROBLEMS: dict[str, tuple[int, str]] = {
    "malformed-body": (400, "The body is not what its Content-Type says"),
    "malformed-base64": (400, "The image is not base64"),
    "unauthorized": (401, "An API key is needed"),
    "not-found": (404, "Nothing is at this path"),
    "unknown-model": (404, "No model of this name is loaded"),
    "unknown-garment": (404, "No garment is registered under this id"),
    "no-index": (404, "No catalogue is loaded that could be searched"),
    "no-picture": (404, "No picture is kept of this product"),
    "method-not-allowed": (405, "This path does not answer this method"),
    "upload-timeout": (408, "The body took too long to arrive"),
    "unknown-try-on": (404, "No try-on is known under this id"),
    "id-in-use": (409, "Another try-on was asked for under this id"),
    "garments-full": (409, "No more garments can be registered"),
    "body-too-large": (413, "The body is too large"),
    "image-too-large": (413, "The image has too many pixels"),
    "unsupported-media-type": (415, "Bodies of this type are not understood"),
    "image-unreadable": (415, "This is not an image that can be read"),
    "image-animated": (415, "The image has more than one frame"),
    "missing-field": (422, "A field is missing"),
    "invalid-field": (422, "A field cannot be used"),
    "invalid-parameter": (422, "A query parameter cannot be used"),
    "image-empty": (422, "The image is empty"),
    "image-truncated": (422, "The image is damaged or cut short"),
    "image-too-small": (422, "The image is too small"),
    "image-aspect": (422, "The image is too long and thin"),
    "person-missing": (422, "There is nobody in the person photo"),
    "height-needed": (422, "A photo needs the height of its person"),
    "several-people": (422, "There is more than one person in the photo"),
    "person-too-small": (422, "The person is too small in the photo"),
    "cut-off": (422, "The photo does not show the whole body"),
    "not-frontal": (422, "The person does not face the camera"),
    "not-standing": (422, "The person does not stand upright"),
    "parse-unsure": (422, "The photo is too hard to read"),
    "unknown-measure": (422, "There is no measure of this name"),
    "measure-unit": (422, "A measure seems to be in another unit"),
    "measure-range": (422, "A measure cannot be true"),
    "impossible-body": (422, "No body has these measures together"),
    "chart-unusable": (422, "The size chart cannot be used"),
    "chart-holes": (422, "The size chart has holes"),
    "chart-order": (422, "The sizes of the chart do not grow"),
    "region-needed": (422, "The chart does not say where the garment is worn"),
    "invalid-item": (422, "An item cannot be used"),
    "unknown-attribute": (422, "Items have no attribute of this name"),
    "unknown-word": (422, "The model does not know this word"),
    "unknown-item": (422, "No item has this id"),
    "no-outfit": (422, "No outfit can be made of these items"),
    "words-unknown": (422, "None of the words are understood"),
    "unknown-category": (422, "The catalogue has no such category"),
    "no-vector": (422, "There is no photo to compare with"),
    "garment-missing": (422, "No garment is seen in the photo"),
    "http-error": (400, "The request cannot be answered"),
    "ends-workers": (422, "The request cannot be computed"),
    "rate-limited": (429, "Too many requests in a minute"),
    "queue-full": (429, "Too many requests wait already"),
    "internal": (500, "The server failed"),
    "not-ready": (503, "The models are still being loaded"),
    "stopping": (503, "The server is being stopped"),
}

# What a path that reads a body, decodes images, and asks a model may answer.
BODY = ("malformed-body", "malformed-base64", "upload-timeout", "body-too-large", "unsupported-media-type",
        "missing-field", "invalid-field")  # fmt: skip
IMAGE = ("image-too-large", "image-unreadable", "image-animated", "image-empty", "image-truncated", "image-too-small",
         "image-aspect")  # fmt: skip
FIGURE = ("person-missing", "several-people", "person-too-small", "cut-off", "not-frontal", "not-standing",
          "parse-unsure")  # fmt: skip
MEASURES = ("unknown-measure", "measure-unit", "measure-range")
SERVER = ("unauthorized", "rate-limited", "queue-full", "ends-workers", "internal", "not-ready", "stopping")
