//! One tower service per AWS Region in, one service that survives an outage out.
