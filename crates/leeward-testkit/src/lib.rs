//! An AWS in this process: emulated Regions over loopback HTTP, and a fault plane.
