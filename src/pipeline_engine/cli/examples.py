"""What is typed: the examples at the end of each command's `--help`."""

_EXAMPLES = {
    "process new": ("process new --list", "process new our-deals --template enterprise --output our-deals.yaml"),
    "process lint": ("process lint config/processes/b2b-saas.yaml",),
    "process publish": ('process publish b2b.yaml --why "managers approve from 25,000" --by ops-1',),
    "process list": ("process list",),
    "process show": ("process show b2b-saas", "process show b2b-saas@1 --source"),
    "process test": ("process test cases/", "process test cases/ -k manager --process candidate.yaml"),
    "process graph": ("process graph b2b-saas.yaml", "process graph b2b-saas@2 --format svg --output b2b-saas.svg"),
    "process schema": ("process schema --output process.schema.json",
                       "process schema --cases --output cases.schema.json"),
    "process diff": ("process diff b2b-saas@1 config/processes/b2b-saas-strict.yaml",
                     "process diff b2b-saas@1 b2b-saas@2 --json"),
    "team apply": ("team apply config/people.yaml --by ops-1",),
    "team list": ("team list",),
    "deal open": ("deal open D-1 --process b2b-saas --owner rep-03 --set amount=12000 --by rep-03",),
    "deal list": ("deal list --status open --stage proposal", "deal list --owner rep-03 --json"),
    "deal set": ("deal set D-1 amount=12000 close_date=2026-02-27 --by rep-03", "deal set D-1 region= --by rep-03"),
    "deal log": ("deal log D-1 meeting --minutes 45 --by rep-03",
                 "deal log D-1 call --at 2026-01-30T14:00:00+01:00 --by rep-03"),
    "deal contact": ("deal contact D-1 kim@customer.example --role economic_buyer --by rep-03",),
    "deal attach": ("deal attach D-1 nda nda.pdf --by rep-03",
                    f"deal attach D-1 nda --sha256 {'0a' * 32} --by rep-03"),
    "deal tick": ("deal tick D-1 legal-ok --by rep-03", "deal tick D-1 legal-ok --undo --by rep-03"),
    "deal follow-ups": ("deal follow-ups", "deal follow-ups --due-by 2026-03-31 --json",
                        "deal follow-ups --open --by ops-1"),
    "deal move": ("deal move D-1 --to proposal --by rep-03",
                  'deal move D-1 --to qualified --reason "the scope changed" --by rep-03'),
    "deal win": ("deal win D-1 --by rep-03",),
    "deal lose": ("deal lose D-1 --reason competitor --competitor other --by rep-03",),
    "deal reopen": ('deal reopen D-1 --reason "they called again" --by rep-03',),
    "deal assign": ("deal assign D-1 --to rep-04 --by manager-1",),
    "deal note": ('deal note D-1 "they want the offer in writing" --by rep-03',),
    "deal request": ("deal request D-1 big-deal --by rep-03",),
    "deal approve": ("deal approve D-1 big-deal --by manager-1",),
    "deal reject": ('deal reject D-1 big-deal --reason "the discount is too deep" --by manager-1',),
    "deal waive": ('deal waive D-1 two-meetings --reason "a customer of many years" --by manager-1',),
    "deal observe": (
        "deal observe D-1 --to proposal --source crm --key 77/2 --at 2026-01-30T14:00:00Z --by sync-1",
        "deal observe D-1 --to won --amount 42000 --source crm --key 77/3 --at 2026-02-27T09:00:00Z --by sync-1",
    ),
    "deal show": ("deal show D-1",),
    "deal next": ("deal next D-1", "deal next D-1 --json"),
    "deal preflight": ("deal preflight D-1 --to proposal", "deal preflight D-1 --to lost --reason price --by rep-03"),
    "deal timeline": ("deal timeline D-1",),
    "import csv": ("import csv export.csv --propose mine/", "import csv export.csv --mapping mine/mapping.yaml"),
    "import xes": ("import xes log.xes.gz --mapping mapping.yaml",),
    "view health": ("view health", "view health --as-of 2025-06-30 --owner rep-03"),
    "view bottlenecks": ("view bottlenecks --since 2025-07-01 --until 2025-12-31",),
    "view funnel": ("view funnel --json",),
    "backtest": ("backtest config/processes/b2b-saas-strict.yaml",
                 "backtest candidate.yaml --baseline b2b-saas@1 --fail-if 'newly_refused>10'"),
    "rebuild": ("rebuild", "rebuild --json"),
    "doctor": ("doctor",),
    "demo": ("demo", "demo --history export.csv --dir mine"),
}  # fmt: skip


def epilog(command: str) -> str:
    """The examples of one command, as the help prints them: one a line."""
    lines = [f"  pipeline-engine {example}" for example in _EXAMPLES[command]]
    # \b keeps click from filling the lines of the paragraph that it begins.
    return "\n".join(("\b", "Examples:" if len(lines) > 1 else "Example:", *lines))
