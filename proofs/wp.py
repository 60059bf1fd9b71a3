# SPDX-License-Identifier: MIT OR Apache-2.0
"""Run Frama-C/WP on functions, alone or several at once, and read back what it proved. Shared by run, prove, lint, table and mutate.

Frama-C exits 0 with goals unproved and with most warnings, so its exit status alone decides nothing: a function is proved
iff each goal that WP scheduled has a prover's `Valid`, there are as many as recorded, and Frama-C had nothing to complain about.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
OPTIONS = ["-wp-literals", "-wp-rte", "-warn-unsigned-overflow", "-warn-unsigned-downcast", "-wp-model", "Typed", "-wp-no-volatile"]
PROVERS = ["cvc4", "z3t", "z3"]  # the best first; what they are: why3_config
TIMEOUT = 40  # seconds per goal and prover
FIRST_TIMEOUT = 4  # of a function's first prover, in a first pass over all goals; all provers and the full timeout are for what that leaves
# A first pass does without these simplifications of goals: on the slab layer they take half of the time of a proof (Frama-C's own, not
# the provers'), and few goals need them.  A second pass has them; a third, for what is open even then, does without again, but with all provers.
PLAIN = ["-wp-no-ground", "-wp-no-pruning"]
SIMPLIFIED = ["-wp-ground", "-wp-pruning"]
# What smoke tests look for: whatever cannot be (all), or only requirements that no caller can meet.  As every function is proven,
# code that is dead or a call that ends in a contradiction comes from such requirements, or from a contract that is assumed.
SMOKE_OPTIONS = {"none": [], "requires": ["-wp-smoke-tests", "-wp-no-smoke-dead-assumes", "-wp-no-smoke-dead-call", "-wp-no-smoke-dead-code", "-wp-no-smoke-dead-loop"],
                 "all": ["-wp-smoke-tests"]}
SMOKE_TIMEOUT = 1  # of a function's first prover, for each smoke test; nearly all of them use it up
LEMMAS = "@lemma"  # stands for all ACSL lemmas together, where a function's name is expected
# To load a parsed file and go over it three times takes about a second, for one function or for several: so several share a run of Frama-C.
TOGETHER = 12  # functions at most,
TOGETHER_GOALS = 300  # and goals, unless one function has more

GOAL = re.compile(r"^\[wp\] \[(?P<prover>[^\]]+)\] Goal typed_(?P<name>\w+)(?: : (?P<verdict>\w+))?(?P<rest>.*)$")
GENERATED = re.compile(r"^\[wp\] (?:\[Qed\] )?Goal typed_(\w+) :")  # with -wp-prover none
SMOKE = re.compile(r"^\[wp\] \[(?P<verdict>\w+)\] Smoke-test typed_(?P<name>\w+)")
MESSAGE = re.compile(r"^\[[\w:-]+\] (?P<text>.*(?:Warning|User Error|Failure|Fatal|Ignored|Unsupported|aborted).*)$")
HYPOTHESIS = re.compile(r"Memory model hypotheses for function '(\w+)': (.*)")
NOTHING_LEFT = "Warning: No goal generated"
VOLATILE = "Warning: unsafe read-access to volatile l-value"  # -wp-no-volatile says so; what it means is in the ledger: model, volatile
TIME = re.compile(r"\((\d+(?:\.\d+)?)(ms|s|')")


class Broken(Exception):
    """The tools do not work here, or the inputs are not there; the message says what to do."""


def version_of(tool):
    if not shutil.which(tool):
        raise Broken(f"{tool} is not installed; run ./keel setup")
    flag = "-version" if tool == "frama-c" else "--version"
    return subprocess.run([tool, flag], capture_output=True, text=True, check=False).stdout.strip().split("\n")[0]


def why3_config():
    """Three strategies: CVC4 with a driver of ours, Z3 as Why3 calls it, Z3 that instantiates by triggers only. Nothing of the user's."""
    number = {tool: re.search(r"\d+(\.\d+)+", version_of(tool))[0] for tool in ("z3", "cvc4")}
    z3, cvc4 = shutil.which("z3"), shutil.which("cvc4")
    seeds = "sat.random_seed=42 nlsat.randomize=false smt.random_seed=42"
    return f"""[main]
magic = 14
memlimit = 2000

[prover]
name = "Z3"
alternative = "triggers"
shortcut = "z3t"
version = "{number["z3"]}"
command = "{z3} -smt2 -T:%t smt.auto_config=false smt.mbqi=false {seeds} -st %f"
driver = "z3_471"
editor = ""
in_place = false
interactive = false

[partial_prover]
name = "Z3"
path = "{z3}"
version = "{number["z3"]}"

[prover]
name = "CVC4"
alternative = "keel"
shortcut = "cvc4"
version = "{number["cvc4"]}"
command = "{cvc4} --tlimit=%t000 --lang=smt2 %f"
driver = "{HERE.resolve() / "cvc4.drv"}"
editor = ""
in_place = false
interactive = false
"""


def frama_c(arguments, directory):
    """(output lines, exit status) of one Frama-C run in a directory of its own; its provers end with it."""
    # Frama-C resolves relative names by $PWD, not by its working directory.
    env = dict(os.environ, HOME=str(directory), PWD=str(directory), WHY3CONFIG=str(directory / "why3.conf"), LC_ALL="C.UTF-8",
               OCAMLRUNPARAM="s=8M,o=200")  # Frama-C's own work is most of a proof's time: fewer collections
    version_of("frama-c")
    (directory / "why3.conf").write_text(why3_config())
    process = subprocess.Popen(["frama-c", *arguments], cwd=directory, env=env, text=True, start_new_session=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        return process.communicate()[0].split("\n"), process.returncode
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def messages(lines):
    """Frama-C's complaints, each joined with the indented lines that go on with it."""
    found, inside = [], False
    for line in lines:
        message = MESSAGE.match(line)
        if message:
            found.append(message["text"])
        elif inside and line.startswith("  "):
            found[-1] += " " + line.strip()
            continue
        inside = bool(message)
    return list(dict.fromkeys(re.sub(r"\s+", " ", text) for text in found))


def forget_failures(cache, since):
    """Z3 out of time is `failed` to WP, whose cache would keep that whatever the timeout is next."""
    for entry in cache.glob("*.json"):
        try:
            if entry.stat().st_mtime >= since and '"failed"' in entry.read_text(encoding="utf-8"):
                entry.unlink()
        except FileNotFoundError:  # another function's run was quicker
            pass


class Parsed:
    """A C file as Frama-C keeps it once parsed, which takes longer than many a proof; `directory` must stay as long as this is used."""

    def __init__(self, file, directory):
        self.file, self.state = pathlib.Path(file).resolve(), directory / "parsed.sav"
        lines, status = frama_c([str(self.file), "-save", str(self.state)], directory)
        self.complaints = messages(lines)
        if status != 0 or not self.state.exists():
            self.complaints.append(f"exit status {status}: " + " | ".join(line for line in lines[-4:] if line))


class Result:
    """What a run said about one function."""

    def __init__(self, function, timeout):
        self.function, self.timeout = function, timeout
        self.goals = {}  # name -> (prover, seconds); (None, 0) if unproved
        self.late = {}  # name -> the last pass that was needed, if not the first: such goals are what takes most time
        self.smoke = {}  # name -> passed?
        self.open = []  # (file, line, kind, text) of the properties left unproved
        self.complaints = []  # whatever makes the run worthless
        self.hypotheses = []  # assumptions of the memory model

    proved = property(lambda self: sum(prover is not None for prover, _ in self.goals.values()))
    doomed = property(lambda self: [name for name, passed in self.smoke.items() if not passed])
    # Goals or properties are open and Frama-C was content otherwise: a mutant counts as found only then.
    refuted = property(lambda self: bool(self.goals) and self.proved < len(self.goals) and not self.complaints)
    ok = property(lambda self: bool(self.goals) and self.proved == len(self.goals)
                  and not (self.complaints or self.open or self.doomed))

    def by_aspect(self):
        """{aspect: number of goals}"""
        counts = {"safety": 0, "functional": 0, "termination": 0}
        for goal in self.goals:
            safety, end = "_assert_rte_" in goal, re.search(r"_(loop_variant|terminates|decreases)", goal)
            counts["safety" if safety else "termination" if end else "functional"] += 1
        return counts

    def slowest(self):
        return max(((seconds, goal) for goal, (_, seconds) in self.goals.items()), default=(0.0, ""))


def clash(a, b):
    """Whether the names of goals do not tell these two functions apart: they begin with the function's name and an underscore (but a
    smoke test of a call is named after what is called: SMOKE_OPTIONS["all"] is for functions alone)."""
    return (a + "_").startswith(b + "_") or (b + "_").startswith(a + "_") or LEMMAS in (a, b)


def batches(items, name=str, size=lambda item: 0, most=TOGETHER, most_size=TOGETHER_GOALS):
    """Lists of items whose functions can share a run, each filled up in the order given."""
    lists = []
    for item in items:
        for have in lists:
            if len(have) < most and sum(map(size, have)) + size(item) <= most_size and not any(clash(name(item), name(other)) for other in have):
                have.append(item)
                break
        else:
            lists.append([item])
    return lists


def owner(goal, results):
    """The one of several results, none of which clash, that a goal is of; None if it is of none."""
    if len(results) == 1:
        return next(iter(results.values()))
    return next((result for function, result in results.items() if goal.startswith(function + "_")), None)


def read_pass(lines, results, number):
    """The verdicts of one pass; those of a later pass replace those of an earlier one. All names, and those that are of no function asked for."""
    names, strays = set(), []
    for line in lines:
        goal, smoke = GOAL.match(line), SMOKE.match(line)
        if not goal and not smoke:
            continue
        name = (goal or smoke)["name"]
        result = owner(name, results)
        if result is None:
            strays.append(name)
        elif goal:
            names.add(name)
            times = TIME.findall(goal["rest"])  # WP prints `(Qed:8ms) (1.2s) (981032)`: the second is the prover's
            seconds = float(times[-1][0]) * {"ms": 0.001, "s": 1, "'": 60}[times[-1][1]] if times else 0.0
            if number > 1 and result.goals.get(name, (None, 0))[0] is None:
                result.late[name] = number
            result.goals[name] = (goal["prover"], seconds) if goal["verdict"] == "Valid" else (None, 0.0)
        else:  # one line per prover that saw through it, so a failure stays
            result.smoke[name] = smoke["verdict"] == "Passed" and result.smoke.get(name, True)
    return names, strays


def run(parsed, results, options, provers, timeout, smoke, directory):
    """One Frama-C process: all goals, and the smoke tests that these options are for, by the first prover for a short time, then
    what is open by all provers, twice; lemmas by all provers at once, as every pass generates all of them again.  Fills in the results.
    What Frama-C complains about counts for all of them."""
    def complain(text):
        for result in results.values():
            result.complaints.append(text)

    if not parsed.state.exists():
        for text in parsed.complaints:
            complain(text)
        return
    # -then forgets all options but the provers, to which those it names are added; what is proved is not generated again.
    # No prover waits there until another has given up: there are as many at a time as there are.
    slow = [*options, "-wp-par", str(len(provers)), "-wp-no-smoke-tests", "-wp-timeout", str(timeout)]
    arguments = ["-load", str(parsed.state)]
    if LEMMAS in results:
        arguments += [*slow, *PLAIN, "-wp-prover", ",".join(provers), "-then"]
    else:
        quick = [*options, *PLAIN, "-wp-timeout", str(min(FIRST_TIMEOUT, timeout)), *smoke, "-wp-smoke-timeout", str(SMOKE_TIMEOUT)]
        rest = ["-wp-prover", ",".join(provers[1:])] if len(provers) > 1 else []
        arguments += [*quick, "-wp-prover", provers[0], "-then", *slow, *SIMPLIFIED, *rest, "-then", *slow, *PLAIN, "-then"]
    table = directory / "status.csv"
    lines, status = frama_c([*arguments, "-report-csv", "status.csv"], directory)
    text = table.read_text(encoding="utf-8") if table.exists() else ""
    rows = [row for row in (line.split("\t", 6) for line in text.split("\n")) if len(row) == 7]  # a property may go over several lines
    ends = [i for i, line in enumerate(lines) if line == "[wp] Running WP plugin..."][1:] + [len(lines)]
    (first, strays), *later = (read_pass(lines[begin:end], results, number) for number, (begin, end) in enumerate(zip([0, *ends], ends), 1))
    new = set().union(*(names for names, _ in later)) - first
    strays += [name for _, more in later for name in more]
    for text in [*parsed.complaints, *messages(lines)]:
        hypothesis = HYPOTHESIS.search(text)
        if hypothesis:
            results.get(hypothesis[1], next(iter(results.values()))).hypotheses.append(hypothesis.groups())
        elif not text.endswith("Failed smoke-test") and not (text == NOTHING_LEFT and first) and not text.endswith(VOLATILE):
            complain(text)
    if status != 0 or not rows:
        complain(f"exit status {status}: " + " | ".join(line for line in lines[-4:] if line))
    scheduled = re.findall(r"^\[wp\] (\d+) goals? scheduled", "\n".join(lines), re.M)[:1]
    goals, tests = sum(len(result.goals) for result in results.values()), sum(len(result.smoke) for result in results.values())
    if scheduled != [str(len(first) + tests)] or new or goals != len(first):
        complain(f"WP scheduled {scheduled} goals but reported {len(first)} and {tests} smoke tests, {len(new)} new ones later, {goals} in all")
    if strays:
        complain(f"WP reported goals of other functions: {', '.join(strays[:3])}")
    for row in rows[1:]:
        if row[3] in results and row[5] not in ("Valid", "Considered valid", "Partially proven"):
            results[row[3]].open.append((os.path.join(row[0], row[1]), int(row[2]), row[4], row[6]))


def selection(functions, split):
    """The options of WP that choose the goals of some functions, or of all lemmas."""
    chosen = ["-wp-prop=@lemma"] if functions == [LEMMAS] else ["-wp-fct", ",".join(functions)]
    return ["-wp", *OPTIONS, *chosen, *(["-wp-split"] if split else [])]


def prove_together(file, functions, timeout=TIMEOUT, split=False, provers=None, cache=None, par=2, smoke="none", parsed=None):
    """[Result]: prove all goals of functions that do not clash, in one run; with smoke tests, also try to derive a contradiction from their
    assumptions.  What is not proved so is proved once more by itself: no function's proof depends on which others run with it, and a
    complaint is about the right one.  Who proves more of a file has it parsed once."""
    results = {function: Result(function, timeout) for function in functions}
    with tempfile.TemporaryDirectory(prefix="keel-wp.") as name:
        directory = pathlib.Path(name)
        began = directory.stat().st_mtime
        parsed = parsed or Parsed(file, directory)
        options = [*selection(functions, split), "-wp-par", str(par)]
        if cache:
            pathlib.Path(cache).mkdir(parents=True, exist_ok=True)
            options += ["-wp-cache", "update", "-wp-cache-dir", str(cache)]
        else:
            options += ["-wp-cache", "none"]
        run(parsed, results, options, provers or PROVERS, timeout, SMOKE_OPTIONS[smoke] if functions != [LEMMAS] else [], directory)
        if cache:
            forget_failures(pathlib.Path(cache), began)
        if len(functions) == 1:
            return list(results.values())
        return [result if result.ok else prove(file, result.function, timeout, split, provers, cache, par, smoke, parsed) for result in results.values()]


def prove(file, function, *args, **options):
    """Result: prove_together for one function."""
    return prove_together(file, [function], *args, **options)[0]


def count(parsed, function, split=False):
    """(goals, smoke tests) of one function, as WP generates them; proves nothing."""
    with tempfile.TemporaryDirectory(prefix="keel-wp.") as name:
        arguments = ["-load", str(parsed.state), *selection([function], split), "-wp-prover", "none", "-wp-smoke-tests", *PLAIN]
        lines, status = frama_c(arguments, pathlib.Path(name))
    names = {goal[1] for goal in map(GENERATED.match, lines) if goal}
    smoke = {name for name in names if "_wp_smoke_" in name}
    if status != 0 or not names - smoke:
        raise Broken(f"{function}: no goals to count: " + " | ".join([*parsed.complaints, *lines[-4:]]))
    return len(names - smoke), 0 if function == LEMMAS else len(smoke)


def explain(result, file):
    """Print why a function is not proved, with the source lines."""
    for text in result.complaints:
        print(f"  {result.function}: Frama-C says: {text}")
    for goal, (prover, _) in result.goals.items():
        if prover is None:
            print(f"  {result.function}: unproved goal {goal}")
    for goal in result.doomed:
        print(f"  {result.function}: smoke test {goal} derives a contradiction: the contract cannot be met or the code is dead")
    for place, line, kind, text in result.open:
        path = pathlib.Path(file).resolve().parent / place
        source = path.read_text(encoding="utf-8").split("\n")[line - 1].strip() if path.is_file() else ""
        print(f"  {result.function}: {path.name}:{line}: {kind}: {text}\n      {source}")
    sys.stdout.flush()


class Entry:
    """A line of the manifest."""

    ASPECTS = {"S": "memory safety", "F": "functional", "T": "termination"}

    def __init__(self, line, number):
        fields = line.split()
        where = f"proofs/manifest:{number}"
        if len(fields) < 6 or not (fields[3] + fields[4]).isdigit() or not set(fields[5]) <= set(self.ASPECTS):
            raise Broken(f"{where}: want: FUNCTION MODULE GROUP GOALS SMOKE-TESTS SFT [OPTION...]")
        self.function, self.module, self.group = fields[:3]
        self.goals, self.smoke, self.aspects = int(fields[3]), int(fields[4]), fields[5]
        self.options = {}
        for option in fields[6:]:
            key, _, value = option.partition("=")
            if not re.fullmatch(r"split|timeout=\d+|provers=.+", option):
                raise Broken(f"{where}: option {option!r}: there are only split, timeout=SECONDS and provers=cvc4,z3t,z3 (in any order)")
            self.options[key] = int(value) if key == "timeout" else value.split(",") if key == "provers" else True
        if not set(self.options.get("provers", [])) <= set(PROVERS):
            raise Broken(f"{where}: provers are {', '.join(PROVERS)}")
        self.text, self.number = line, number

    def judge(self, result, smoke):
        """Complaints beyond the goals themselves: as many as recorded, and of the kinds that are claimed."""
        counts, found = result.by_aspect(), [(len(result.goals), self.goals, "goal")]
        if smoke == "all":
            found.append((len(result.smoke), self.smoke, "smoke test"))
        for have, want, what in found:
            if have < want:
                yield f"smaller {what} count: {have}, recorded are {want}; if that is meant, run: ./keel prove --update-counts"
            elif have > want:
                yield f"{have} {what}s, recorded are {want}; run: ./keel prove --update-counts"
        if "F" in self.aspects and self.function != LEMMAS and not any("_ensures" in goal for goal in result.goals):
            yield "is listed as functionally proven, but its contract ensures nothing"
        if "T" not in self.aspects and counts["termination"]:
            yield "has termination goals, but the manifest does not list T"


def manifest(path=HERE / "manifest"):
    lines = enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
    return [Entry(line, number) for number, line in lines if line.strip() and not line.startswith("#")]


def groups_bzl(entries):
    """The text of proofs/groups.bzl."""
    names = "".join(f'    "{name}",\n' for name in dict.fromkeys(e.group for e in entries))
    return ("# SPDX-License-Identifier: MIT OR Apache-2.0\n# Generated from proofs/manifest by proofs/table --bzl; do not edit.\n"
            f"GROUPS = [\n{names}]\n")


def readme_table(entries):
    """The table of what is proven in README.md."""
    rows = ["| module | functions | memory safety | functional | termination | goals | smoke tests |", "|---|---|---|---|---|---|---|"]
    for module in dict.fromkeys(e.module for e in entries):
        mine = [e for e in entries if e.module == module]
        functions = [e for e in mine if e.function != LEMMAS]
        columns = [f"{sum(letter in e.aspects for e in functions)} of {len(functions)}" for letter in "SFT"]
        rows.append(f"| {module} | {len(functions)} | {' | '.join(columns)} | {sum(e.goals for e in mine)} | {sum(e.smoke for e in mine)} |")
    return "\n".join(rows) + "\n"


def ledger(path=HERE / "ledger"):
    """[(kind, name, why)]: every assumption of the proof."""
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip() and not line.startswith("#")]
    entries = [tuple(part.strip() for part in line.split("|")) for line in lines]
    for entry in entries:
        if len(entry) != 4 or entry[0] not in ("function", "builtin", "hypothesis", "model", "tool"):
            raise Broken(f"proofs/ledger: want: function|builtin|hypothesis|model|tool | NAME | WHY | WHERE, not: {' | '.join(entry)}")
    return entries
