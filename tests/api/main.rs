//! Black-box tests: the real application in front of a simulated CENTAGATE, met as callers and operators meet it.

mod callers;
mod gateway;
mod raw;
mod reply;

mod bodies;
mod credentials;
mod return_codes;
mod routing;
