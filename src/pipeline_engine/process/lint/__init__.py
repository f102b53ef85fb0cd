"""What is wrong or doubtful in a process file, all of it at once, before it binds anyone.

Errors are what keeps the file from loading. What else is found is certain: where neither a deal that fits nor a proof
was found, the finding is `not-analysed`, and nothing is said to be well.
"""

from pipeline_engine.process.findings import CODES, Finding, Weight
from pipeline_engine.process.lint.beside import Beside, Standing, Used
from pipeline_engine.process.lint.linting import lint

__all__ = ["CODES", "Beside", "Finding", "Standing", "Used", "Weight", "lint"]
