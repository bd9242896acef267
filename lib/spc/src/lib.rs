//! Statistical process control: XmR charts, signal rules, variation and assurance.
