"""The approval page: a link opens one case to one person, who grants, returns or rejects it without a terminal."""

from pipeline_engine.service.page.routes import add_to

__all__ = ["add_to"]
