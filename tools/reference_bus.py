"""Makes docs/reference/asyncapi.json: the bus as an AsyncAPI 3 document."""

import json

from pipeline_engine.service.bus import describe


def asyncapi_document() -> str:
    """The document, the same for the same version, byte for byte."""
    return json.dumps(describe(), indent=2, ensure_ascii=False) + "\n"
