"""HiGHS: `highs.py INSTANCE SECONDS OUT`. The last line tells objective and bound."""

import json
import resource
import sys
from importlib.metadata import version

import highspy
import numpy as np

import model

instance, seconds, out = sys.argv[1], float(sys.argv[2]), sys.argv[3]
program, cell, constant = model.program(instance)
infinity = highspy.kHighsInf
n = len(program.cost)
lp = highspy.HighsLp()
lp.num_col_, lp.num_row_ = n, len(program.rows)
lp.col_cost_ = np.array(program.cost, dtype=float)
lp.col_lower_, lp.col_upper_ = np.zeros(n), np.array(program.high, dtype=float)
lp.row_lower_ = np.array([-infinity if low is None else low for _, low, _ in program.rows], dtype=float)
lp.row_upper_ = np.array([infinity if high is None else high for _, _, high in program.rows], dtype=float)
lp.offset_ = constant
lp.integrality_ = [highspy.HighsVarType.kInteger] * n
lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
lp.a_matrix_.start_ = np.cumsum([0, *(len(terms) for terms, _, _ in program.rows)])
lp.a_matrix_.index_ = np.array([variable for terms, _, _ in program.rows for variable, _ in terms])
lp.a_matrix_.value_ = np.array([by for terms, _, _ in program.rows for _, by in terms], dtype=float)
solver = highspy.Highs()
solver.setOptionValue("output_flag", False)
solver.setOptionValue("time_limit", seconds)
solver.setOptionValue("threads", 2)
solver.passModel(lp)
solver.run()
info = solver.getInfo()
found = info.primal_solution_status == 2
if found:
    values = solver.getSolution().col_value
    model.write(out, cell, lambda variable: values[variable] > 0.5)
usage = resource.getrusage(resource.RUSAGE_SELF)
bound = info.mip_dual_bound
print(
    json.dumps({
        "solver": f"HiGHS {version('highspy')}",
        "objective": round(info.objective_function_value) if found else None,
        "bound": round(bound) if abs(bound) < infinity else None,
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
    })
)
