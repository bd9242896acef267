"""A shift scheduling instance (the format of Curtois and Qu) as one linear program over whole numbers.

Every peer solves the same program. It is written for measuring, not for the product.
"""


def read(path):
    """The sections of a file, each a list of rows of words."""
    sections, rows = {}, None
    with open(path, encoding="utf-8") as lines:
        for line in map(str.strip, lines):
            if line.startswith("SECTION_"):
                rows = sections.setdefault(line, [])
            elif line and not line.startswith("#"):
                rows.append(line.split(","))
    return sections


class Program:
    """Minimize the sum of `cost` under `rows`, each `low <= sum of coefficient * variable <= high`."""

    def __init__(self):
        self.cost, self.high, self.rows = [], [], []

    def variable(self, cost=0, high=1):
        self.cost.append(cost)
        self.high.append(high)
        return len(self.cost) - 1

    def row(self, terms, low=None, high=None):
        self.rows.append((terms, low, high))


def program(path):
    """The program of a file, and for each (person, day, shift) its variable."""
    sections = read(path)
    n_days = int(sections["SECTION_HORIZON"][0][0])
    minutes = {row[0]: int(row[1]) for row in sections["SECTION_SHIFTS"]}
    barred = {row[0]: [s for s in row[2].split("|") if s] for row in sections["SECTION_SHIFTS"]}
    model, cell = Program(), {}
    for person, limits, *numbers in sections["SECTION_STAFF"]:
        staff(model, cell, person, limits, list(map(int, numbers)), n_days, minutes, barred)
    for person, *days in sections.get("SECTION_DAYS_OFF", []):
        for day in map(int, days):
            model.row([(cell[person, day, shift], 1) for shift in minutes], high=0)
    constant = 0
    for person, day, shift, weight in sections.get("SECTION_SHIFT_ON_REQUESTS", []):
        model.cost[cell[person, int(day), shift]] -= int(weight)
        constant += int(weight)
    for person, day, shift, weight in sections.get("SECTION_SHIFT_OFF_REQUESTS", []):
        model.cost[cell[person, int(day), shift]] += int(weight)
    people = [row[0] for row in sections["SECTION_STAFF"]]
    for day, shift, need, under, over in sections["SECTION_COVER"]:
        heads = [(cell[person, int(day), shift], 1) for person in people]
        short = model.variable(int(under), int(need))
        spare = model.variable(int(over), len(people))
        model.row([*heads, (short, 1), (spare, -1)], int(need), int(need))
    return model, cell, constant


def staff(model, cell, person, limits, numbers, n_days, minutes, barred):
    """One person's days and what must hold for them."""
    minutes_max, minutes_min, work_max, work_min, off_min, weekends_max = numbers
    works = []
    for day in range(n_days):
        for shift in minutes:
            cell[person, day, shift] = model.variable()
        works.append([(cell[person, day, shift], 1) for shift in minutes])
        model.row(works[day], high=1)
        for shift in minutes if day else []:
            after = [(cell[person, day, other], 1) for other in barred[shift]]
            if after:
                model.row([(cell[person, day - 1, shift], 1), *after], high=1)
    for limit in limits.split("|"):
        shift, most = limit.split("=")
        model.row([(cell[person, day, shift], 1) for day in range(n_days)], high=int(most))
    total = [(cell[person, day, shift], length) for day in range(n_days) for shift, length in minutes.items()]
    model.row(total, minutes_min, minutes_max)
    for first in range(n_days - work_max):
        model.row(sum(works[first : first + work_max + 1], []), high=work_max)
    minus = [[(variable, -1) for variable, _ in day] for day in works]
    for length in range(1, max(work_min, off_min)):
        for first in range(1, n_days - length):
            inside, ends = slice(first, first + length), (first - 1, first + length)
            if length < work_min:
                model.row(sum(works[inside], []) + minus[ends[0]] + minus[ends[1]], high=length - 1)
            if length < off_min:
                model.row(sum(minus[inside], []) + works[ends[0]] + works[ends[1]], high=1)
    weekends = []
    for saturday in range(5, n_days, 7):
        weekend = model.variable()
        weekends.append((weekend, 1))
        for day in range(saturday, min(saturday + 2, n_days)):
            model.row([(weekend, -1), *works[day]], high=0)
    model.row(weekends, high=weekends_max)


def write(path, cell, is_worked):
    """A roster as the product reads it."""
    with open(path, "w", encoding="utf-8") as out:
        out.write("employee_id,day_index,shift_id\n")
        for (person, day, shift), variable in cell.items():
            if is_worked(variable):
                out.write(f"{person},{day},{shift}\n")
