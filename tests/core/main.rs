//! Every native test of the core, in one binary: the App on SQLite with the real migrations, memory
//! blobs, a fixed clock, seeded randomness and a plan of faults.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its expectation fails; clippy's own exception covers test functions only"
)]

mod gallery;
mod geography;
mod harness;

mod accounts;
mod accounts_crash;
mod act_for;
mod anomalies;
mod api_keys;
mod appeals;
mod appeals_crash;
mod audit;
mod authority;
mod authority_crash;
mod boundaries;
mod bulk;
mod classifier;
mod collections;
mod collections_crash;
mod confined_keys;
mod content_safety;
mod counter_notices;
mod crash_every_call;
mod crash_judgements;
mod data_map;
mod delivery;
mod documents;
mod edge_cache;
mod edit;
mod erasure;
mod erasure_crash;
mod erasure_done;
mod exports;
mod exports_crash;
mod exports_of_teams;
mod factors;
mod factors_crash;
mod factors_page;
mod held;
mod holds;
mod idle_jobs;
mod imaging_bombs;
mod imaging_facts;
mod imaging_fuzz;
mod imaging_memory;
mod imaging_metadata;
mod jobs;
mod jobs_limits;
mod journal;
mod journal_crash;
mod known_bad;
mod letters;
mod letters_sent;
mod master_keys;
mod notices;
mod notices_crash;
mod notices_property;
mod openapi;
mod operate;
mod operate_crash;
mod pages;
mod passkeys;
mod pdq;
mod planar;
mod platform_limits;
mod policy_editions;
mod private_images;
mod private_images_crash;
mod problems;
mod quotas;
mod reaper_bench;
mod requests;
mod restoration;
mod restoring;
mod review;
mod review_log;
mod rights;
mod routes;
mod routes_scene;
mod scenarios;
mod schema;
mod search;
mod second_opinion;
mod sign_ins;
mod signed_requests;
mod simulation;
mod statements;
mod statistics;
mod strikes;
mod team_invitations;
mod teams;
mod teams_closing;
mod teams_crash;
mod teams_galleries;
mod teams_limits;
mod teams_model;
mod teams_property;
mod ticket_pages;
mod tickets;
mod tickets_crash;
mod transforms;
mod transforms_colours;
mod transforms_motion;
mod transforms_property;
mod transforms_queries;
mod transitions;
mod transparency;
mod two_years;
mod unsubscribe;
mod uploads;
mod variants;
mod warning;
mod webp;
