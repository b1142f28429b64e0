//! Every native test of the core, in one binary: the App on SQLite with the real migrations, memory
//! blobs, a fixed clock, seeded randomness and a plan of faults.

mod harness;

mod imaging_facts;
mod uploads;
