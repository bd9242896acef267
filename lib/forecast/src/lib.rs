//! Census forecasting: baselines, Holt-Winters, back-tests and bed need.
