//! Rule sets with their sources.
