"""Figure 6: what PyX's problems are about, by words of ours under Magicoder's ten names of categories (paper App. F).

The paper follows Magicoder, which embeds a solution and the ten names with an embedding model
(ise-uiuc/magicoder, experiments/data_embedding). That model is not asked here: a sample belongs to the category of
which it has the most words. So the shares are ours, and are to be compared between sets that were sorted alike.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import writing
from semcoder.pyx.samples import Sample, read_sets
from semcoder.pyx.similarity import words

CATEGORIES: dict[str, frozenset[str]] = {
    name: frozenset(text.split())
    for name, text in {
        "Database and SQL": (
            "database databases sql sqlite sqlite3 sqlalchemy mysql postgresql mongodb query queries table "
            "tables schema cursor transaction transactions orm migration"
        ),
        "Security and Cryptography": (
            "password passwords encrypt encrypts encrypted encryption decrypt decryption cipher caesar "
            "crypto cryptography cryptographic hmac hashlib sha256 md5 salt secret secrets authentication "
            "authenticate authorization permission permissions vulnerability sanitize"
        ),
        "User Interface and Application Design": (
            "gui tkinter widget widgets button buttons menu menus window windows screen click layout render "
            "display dialog canvas mouse keyboard theme terminal"
        ),
        "Web": (
            "web http https url urls html css xml json request requests response server api rest endpoint "
            "flask django browser website webpage cookie cookies scraping websocket uri mime email"
        ),
        "Data Science and Machine Learning": (
            "dataset datasets dataframe pandas numpy sklearn torch tensor tensors neural train training "
            "classifier classification regression cluster clustering kmeans feature features gradient loss "
            "epoch accuracy precision recall predict prediction predictions statistics mean median variance "
            "deviation correlation histogram outliers normalize normalization"
        ),
        "Performance Optimization": (
            "cache caches cached caching memoize memoization lru optimize optimized optimization latency "
            "throughput profiling profiler benchmark parallel concurrency concurrent threads thread "
            "threading multiprocessing asyncio async speed faster lazy bottleneck"
        ),
        "System Design and Architecture": (
            "architecture module modules plugin plugins interface interfaces abstract inheritance factory "
            "singleton observer dependency dependencies event events handler handlers pipeline service "
            "services microservice config configuration settings logger logging deployment docker scheduler "
            "scheduling registry version versions package packages component components"
        ),
        "Domain Specific": (
            "game games player players board chess bank account accounts balance inventory product products "
            "price prices customer customers employee employees salary student students grade grades patient "
            "medical weather temperature music song recipe book books library hotel flight ticket vehicle "
            "robot sensor dna protein stock stocks portfolio currency tax calendar"
        ),
        "Mathematical and Computational": (
            "math prime primes factorial fibonacci gcd lcm divisor divisors divisible modulo integer "
            "integers numeric polynomial equation equations matrix matrices vector vectors sum sums square "
            "cube sqrt root power exponent logarithm sine cosine angle radius circle triangle geometry "
            "geometric area volume perimeter distance coordinate coordinates probability fraction fractions "
            "decimal digits digit arithmetic algebra average percentage binary hexadecimal odd even"
        ),
        "Algorithmic and Data Structure": (
            "algorithm algorithms sort sorts sorted sorting search searching tree trees graph graphs node "
            "nodes edge edges stack queue heap linked list lists array arrays string strings substring "
            "substrings character characters sequence sequences subsequence subarray element elements index "
            "indices permutation permutations combination combinations recursion recursive palindrome "
            "palindromes anagram duplicate duplicates merge interval intervals shortest traversal bfs dfs "
            "backtracking dynamic reverse reversed rotate iterate occurrences frequency longest pairs word "
            "words dictionary tuple tuples pattern match parse nested flatten"
        ),
    }.items()
}
"""The names are Magicoder's, the words ours. Of two categories with as many words the earlier one is taken."""
GENERAL = ("Mathematical and Computational", "Algorithmic and Data Structure")
"""Categories for which one word is enough; the others take two, since most words mean more than one thing."""
NONE = "None of the words"


def main(
    programs: Annotated[Path, typer.Option(help="PyX's programs.")],
    problems: Annotated[Path, typer.Option(help="Their problems.")],
    csv_file: Annotated[Path, typer.Option("--csv", help="CSV to write: set, category, samples, percent.")],
    markdown: Annotated[Path, typer.Option(help="The same as Markdown.")],
    data: Annotated[
        list[str] | None,
        typer.Option(help="NAME=PATH of another instruction set, JSON lines; once for each."),
    ] = None,
) -> None:
    """Sort the samples of PyX, and of other instruction sets, into Magicoder's ten categories, by words.

    Example: semcoder pyx categories --programs pyx/programs.jsonl --problems pyx/problems.jsonl --csv figure6.csv
    --markdown figure6.md
    """
    counts = {
        name: Counter(map(category, samples)) for name, samples in read_sets(programs, problems, data or [])
    }
    names = [*sorted(CATEGORIES), NONE]
    with writing(csv_file) as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(["set", "category", "samples", "percent"])
        for each, count in counts.items():
            out.writerows([each, name, count[name], _percent(count, name)] for name in names)
    with writing(markdown) as stream:
        stream.write(f"## Categories of problems\n\n{_line(['category', *counts])}")
        stream.write(_line(["---", *["---:" for _ in counts]]))
        for name in names:
            stream.write(
                _line([name, *[f"{each[name]:,} ({_percent(each, name)} %)" for each in counts.values()]])
            )
        stream.write(
            "\nMagicoder's names, but not the classifier of the paper's Figure 6, which is an embedding model: a "
            "sample belongs to the category of which its instruction and solution have the most words "
            "(semcoder/pyx/categories.py). Compare the shares between sets of this table, not with the paper's.\n"
        )


def category(sample: Sample) -> str:
    """The category of which a sample has the most different words."""
    present = set(words(sample.instruction)) | set(words(sample.solution))
    found = {name: len(present & theirs) for name, theirs in CATEGORIES.items()}
    enough = {name: count for name, count in found.items() if count >= (1 if name in GENERAL else 2)}
    return max(enough, key=enough.__getitem__, default=NONE)


def _percent(counts: Counter[str], name: str) -> str:
    return f"{100 * counts[name] / max(counts.total(), 1):.1f}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
