"""OR-Tools CP-SAT: `cpsat.py INSTANCE SECONDS OUT`. The last line tells objective and bound."""

import json
import resource
import sys
from importlib.metadata import version

from ortools.sat.python import cp_model

import model

instance, seconds, out = sys.argv[1], float(sys.argv[2]), sys.argv[3]
program, cell, constant = model.program(instance)
cp = cp_model.CpModel()
variables = [cp.new_int_var(0, high, "") for high in program.high]
for terms, low, high in program.rows:
    total = sum(by * variables[variable] for variable, by in terms)
    if low == high:
        cp.add(total == low)
    else:
        if low is not None:
            cp.add(total >= low)
        if high is not None:
            cp.add(total <= high)
cp.minimize(sum(cost * variables[variable] for variable, cost in enumerate(program.cost) if cost) + constant)
solver = cp_model.CpSolver()
solver.parameters.max_time_in_seconds = seconds
solver.parameters.num_workers = 2
status = solver.solve(cp)
found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
if found:
    model.write(out, cell, lambda variable: solver.value(variables[variable]) == 1)
usage = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps({
        "solver": f"CP-SAT {version('ortools')}",
        "objective": round(solver.objective_value) if found else None,
        "bound": round(solver.best_objective_bound),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
    })
)
