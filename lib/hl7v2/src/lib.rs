//! Reading, writing and acknowledging HL7 v2 messages, and MLLP framing.
