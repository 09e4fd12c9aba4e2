#!/usr/bin/env python3
"""Makes the book: pages/*.md, with code taken from the sources, and figures and receipts of runs made now.

    tools/book/build.py --svdd build/svdd --out build/book    # `make book`
    tools/book/build.py --check                               # are all marked lines there? needs nothing but Python

A page is Markdown with TeX formulas, and these lines of our own:

    @beside Equation 4, the one-class objective      a formula and words ...
    @code svdd/methods/deep_svdd.cc one-class        ... beside the code that computes it
    @end
    @figure one-class "ROC curve"                    a chart out of the report of a run
    @receipt one-class                               what the run came to, which ledger.csv beside this file states
    {one-class auc}                                  a number of a run, in percent

In the sources a comment `// [book: one-class]` stands before the statement or definition that the page shows. The build fails,
with a line that names page and marker, where a marker is gone, stands twice or is on no page; where a formula has no code beside
it; where a run does not come to what the ledger states; where a link leads nowhere.
"""
import argparse
import csv
import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

BOOK = Path(__file__).resolve().parent
ROOT = BOOK.parent.parent
MARKER = re.compile(r"^\s*// \[book: ([a-z0-9-]+)(?:, (\d+) statements)?\]$")
FLOORS = ("engine", "datasets", "svdd", "tools")


class Wrong(Exception):
    """What is wrong with the book, in one line."""


# ---- code out of the sources

def without_literals(line):
    """The line without its comment and the insides of its strings, where brackets count for nothing."""
    line = re.sub(r'"(\\.|[^"\\])*"' + r"|'(\\.|[^'\\])'", '""', line)
    return line.split("//")[0]


def excerpt_after(lines, first, statements):
    """The comments, and then so many whole statements or definitions, that begin at lines[first]."""
    taken, depth = [], 0
    for line in lines[first:]:
        taken.append(line)
        code = without_literals(line).strip()
        depth += sum(code.count(c) for c in "({[") - sum(code.count(c) for c in ")}]")
        if depth < 0:
            return None
        if code and depth == 0 and (code.endswith((";", "}"))):
            statements -= 1
            if statements == 0:
                indent = min(len(l) - len(l.lstrip()) for l in taken if l.strip())
                return [l[indent:] for l in taken]
    return None


def marked_code(root):
    """{(path, marker): (line number, lines)} of all sources."""
    found = {}
    for floor in FLOORS:
        for path in sorted((root / floor).rglob("*")):
            if path.suffix not in (".cc", ".h"):
                continue
            lines = path.read_text(encoding="utf-8").split("\n")
            for i, line in enumerate(lines):
                match = MARKER.match(line)
                if not match:
                    continue
                key = (path.relative_to(root).as_posix(), match.group(1))
                if key in found:
                    raise Wrong(f"{key[0]}: the marker '{key[1]}' stands twice, in lines {found[key][0] - 1} and {i + 1}")
                code = excerpt_after(lines, i + 1, int(match.group(2) or 1))
                if code is None:
                    raise Wrong(f"{key[0]}, line {i + 1}: after the marker '{key[1]}' there is no whole statement")
                code = [l for l in code if not MARKER.match(l)]
                found[key] = (i + 2, code)
    return found


# ---- pages

class Page:
    """A page's Markdown, and what it takes from elsewhere."""

    def __init__(self, path, sources):
        self.name = path.stem
        self.title = ""
        self.used, self.runs, self.links = set(), set(), []
        self.markdown = self.translated(path.read_text(encoding="utf-8").split("\n"), sources)
        if not self.title:
            raise Wrong(f"page {self.name}: it begins with no title ('# ...')")

    def translated(self, lines, sources):
        out = []
        beside = None  # its line number, while it is open
        formulas = codes = 0
        for number, line in enumerate(lines, 1):
            where = f"page {self.name}, line {number}"
            if line.startswith("# ") and not self.title:
                self.title = line[2:].strip()
            self.links += re.findall(r"\]\(([a-z0-9-]+\.html)", line)
            self.runs |= set(re.findall(r"\{([a-z-]+) auc\}", line))
            if line.startswith("@beside"):
                if beside:
                    raise Wrong(f"{where}: @beside within the one of line {beside}")
                beside, formulas, codes = number, 0, 0
                title = line[len("@beside"):].strip()
                out += [f"### {title}\n" if title else "", ":::: beside", "::: says"]
            elif line.startswith("@code"):
                if not beside:
                    raise Wrong(f"{where}: @code outside of @beside")
                path, marker = line.split()[1:]
                if (path, marker) not in sources:
                    there = "" if (ROOT / path).exists() else ", which is no file"
                    raise Wrong(f"{where}: the marker '{marker}' is gone from {path}{there}")
                self.used.add((path, marker))
                first, code = sources[(path, marker)]
                out += [":::\n\n::: code" if not codes else "",
                        f"[{path}, line {first}]{{.source}}\n", "```cpp", *code, "```", ""]
                codes += 1
            elif line.startswith("@end"):
                if not beside:
                    raise Wrong(f"{where}: @end without @beside")
                if not codes:
                    raise Wrong(f"page {self.name}, line {beside}: "
                                + ("an equation" if formulas else "a @beside") + " without code")
                out += [":::", "::::", ""]
                beside = None
            elif line.startswith("@figure"):
                run, caption = re.match(r'@figure ([a-z-]+) "(.+)"$', line).groups()
                self.runs.add(run)
                out += ["```{=html}", f"@@figure {run} {caption}@@", "```", ""]
            elif line.startswith("@receipt"):
                run = line.split()[1]
                self.runs.add(run)
                out += ["```{=html}", f"@@receipt {run}@@", "```", ""]
            else:
                if line.startswith("@"):
                    raise Wrong(f"{where}: '{line.split()[0]}' is none of @beside, @code, @end, @figure, @receipt")
                if "$$" in line:
                    if not beside:
                        raise Wrong(f"{where}: an equation without code (it is outside of @beside)")
                    formulas += 1
                    if codes:
                        raise Wrong(f"{where}: an equation after its code; it comes before")
                out.append(line)
        if beside:
            raise Wrong(f"page {self.name}, line {beside}: @beside has no @end")
        return "\n".join(out)


def read_pages():
    sources = marked_code(ROOT)
    order = (BOOK / "pages" / "order.txt").read_text(encoding="utf-8").split()
    there = {p.stem for p in (BOOK / "pages").glob("*.md")}
    if set(order) != there:
        raise Wrong(f"pages/order.txt and the pages differ: {', '.join(sorted(set(order) ^ there))}")
    pages = [Page(BOOK / "pages" / f"{name}.md", sources) for name in order]
    for page in pages:
        for link in page.links:
            if link[:-len(".html")] not in order:
                raise Wrong(f"page {page.name}: a link leads to {link}, which is no page")
    used = set().union(*(page.used for page in pages))
    for path, marker in sources:
        if (path, marker) not in used:
            raise Wrong(f"{path}: the marker '{marker}' is on no page")
    return pages


# ---- runs

def read_ledger():
    with open(BOOK / "ledger.csv", encoding="utf-8", newline="") as file:
        return {row["run"]: row for row in csv.DictReader(file)}


def made_run(svdd, out, row):
    """Trains as a row of the ledger says; returns the folder and its results."""
    folder = out / "runs" / row["run"]
    shutil.rmtree(folder, ignore_errors=True)
    command = [str(svdd), "train", *row["options"].split(), "--quiet", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Wrong(f"run {row['run']}: {done.stderr.strip().splitlines()[-1]}")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return folder, results


def compared(row, results):
    for entry in ("auc", "weights_sha256", "scores_sha256"):
        found = str(results[entry])
        if found != row[entry]:
            raise Wrong(f"run {row['run']}: its {entry} is {found}, but tools/book/ledger.csv states {row[entry]}")


def figure_of(folder, caption):
    """A chart of the run's report, as SVG."""
    report = (folder / "report.html").read_text(encoding="utf-8")
    match = re.search(r"<figcaption><b>" + re.escape(caption) + r"</b> <span>(.*?)</span></figcaption>\s*(<svg.*?</svg>)",
                      report, re.DOTALL)
    if not match:
        raise Wrong(f"run {folder.name}: its report has no figure '{caption}'")
    return (f"<figure><figcaption><b>{html.escape(caption)}</b> <span>{match.group(1)}</span></figcaption>"
            f"{match.group(2)}</figure>")


def chart_style(folder):
    """What the report's charts are drawn with: the end of its style."""
    report = (folder / "report.html").read_text(encoding="utf-8")
    match = re.search(r":root\{--chart-ink.*?(?=</style>)", report, re.DOTALL)
    if not match:
        raise Wrong(f"run {folder.name}: its report has no style for charts")
    return match.group(0)


def receipt_of(row, results):
    line = "svdd train " + row["options"] + " --out run"
    return ("<div class='receipt'><p>This run was made with the book, and came to what the ledger states:</p>"
            f"<pre>{html.escape(line)}</pre><dl>"
            f"<dt>AUC</dt><dd>{100 * results['auc']:.2f} %</dd>"
            + "".join(f"<dt><code>{e}</code></dt><dd><code>{results[e]}</code></dd>" for e in ("weights_sha256", "scores_sha256"))
            + "</dl></div>")


# ---- the site

def frame(page, pages, body, style):
    at = [p.name for p in pages].index(page.name)
    links = "".join(f"<li{' class=here' if p is page else ''}><a href='{p.name}.html'>{html.escape(p.title)}</a></li>"
                    for p in pages)
    turn = ""
    if at > 0:
        turn += f"<a rel=prev href='{pages[at - 1].name}.html'>&larr; {html.escape(pages[at - 1].title)}</a>"
    if at + 1 < len(pages):
        turn += f"<a rel=next href='{pages[at + 1].name}.html'>{html.escape(pages[at + 1].title)} &rarr;</a>"
    title = html.escape(page.title)
    return (f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title>"
            "<meta name=viewport content='width=device-width, initial-scale=1'>"
            f"<style>{style}</style></head><body><nav><p>The book of svdd</p><ol>{links}</ol></nav>"
            f"<main>{body}<div class=turn>{turn}</div></main></body></html>\n")


def to_html(markdown):
    done = subprocess.run(["pandoc", "--from", "markdown-smart", "--to", "html5", "--mathml", "--wrap=none", "--fail-if-warnings"],
                          input=markdown, capture_output=True, text=True)
    if done.returncode != 0:
        raise Wrong("pandoc: " + done.stderr.strip().splitlines()[0])
    return done.stdout


def build(svdd, out, write_ledger):
    if not shutil.which("pandoc"):
        raise Wrong("the book needs pandoc: apt-get install pandoc")
    if not Path(svdd).exists():
        raise Wrong(f"there is no command {svdd}: make build")
    pages, ledger = read_pages(), read_ledger()
    out.mkdir(parents=True, exist_ok=True)
    runs = {}
    for name, row in ledger.items():
        folder, results = made_run(svdd, out, row)
        if write_ledger:
            row.update({e: str(results[e]) for e in ("auc", "weights_sha256", "scores_sha256")})
        compared(row, results)
        runs[name] = (row, folder, results)
    if write_ledger:
        with open(BOOK / "ledger.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["run", "auc", "weights_sha256", "scores_sha256", "options"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(ledger.values())
    style = (BOOK / "book.css").read_text(encoding="utf-8") + chart_style(next(iter(runs.values()))[1])
    for page in pages:
        for run in page.runs:
            if run not in runs:
                raise Wrong(f"page {page.name}: there is no run '{run}' in tools/book/ledger.csv")
        body = to_html(re.sub(r"\{([a-z-]+) auc\}", lambda m: f"{100 * runs[m.group(1)][2]['auc']:.1f} %", page.markdown))
        body = re.sub(r"@@figure ([a-z-]+) (.+?)@@", lambda m: figure_of(runs[m.group(1)][1], m.group(2)), body)
        body = re.sub(r"@@receipt ([a-z-]+)@@", lambda m: receipt_of(*[runs[m.group(1)][i] for i in (0, 2)]), body)
        (out / f"{page.name}.html").write_text(frame(page, pages, body, style), encoding="utf-8")
    print(f"{len(pages)} pages, {sum(len(p.used) for p in pages)} excerpts, {len(runs)} runs: {out / 'index.html'}")


def main():
    parser = argparse.ArgumentParser(description="Makes the book of svdd.")
    parser.add_argument("--svdd", default=ROOT / "build" / "svdd")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "book")
    parser.add_argument("--check", action="store_true", help="only look whether pages and sources fit")
    parser.add_argument("--write-ledger", action="store_true", help="state what the runs come to, in place of comparing")
    given = parser.parse_args()
    try:
        if given.check:
            pages = read_pages()
            print(f"{len(pages)} pages and {sum(len(p.used) for p in pages)} excerpts fit together")
        else:
            build(given.svdd, given.out, given.write_ledger)
    except Wrong as wrong:
        print(f"book: {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
